import json

import numpy as np
import pytest

from glassnet.familiarity import learn_familiarity

DISTANCES = """async ({ text, pictures }) => {
  const { readFamiliarity, distance } = await import("/familiarity.js");
  const familiarity = readFamiliarity(text, 10, 784);
  return pictures.map((picture) => distance(familiarity, picture.map((grey) => grey / 255)));
}"""


@pytest.fixture(scope="module")
def learned(mnist):
    return learn_familiarity(mnist.x[:2000], mnist.labels[:2000], 10)


def test_the_browser_finds_the_same_distances(run, mnist, learned):
    noise = np.random.default_rng(0).integers(0, 256, (3, 784), dtype=np.uint8)
    pictures = np.vstack([mnist.x[5000:5040], noise])
    distances = run(DISTANCES, text=learned.to_json(), pictures=pictures.tolist())
    np.testing.assert_allclose(distances, learned.distance(pictures), atol=1e-4)


@pytest.mark.parametrize("change", [{"means": "AAAA"}, {"directions": "AAAA"}, {"limit": -1}])
def test_what_is_damaged_is_refused(run, learned, change):
    text = json.loads(json.dumps(learned.to_json() | change))
    with pytest.raises(Exception, match=r"sizes|limit"):
        run(DISTANCES, text=text, pictures=[])
