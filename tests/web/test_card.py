"""The model card: which model it is."""

import glassnet


def test_a_model_is_told_by_name_format_and_hash_and_who_shows_it(opened, server):
    page = opened("#view=card")
    told = page.get_by_test_id("card").inner_text().split("\n")
    said = dict(zip(told[::2], told[1::2], strict=True))
    assert said["name"] == "many-hands"
    assert said["format of the file"] == "1"
    assert said["SHA-256 of the weights"] in server.client.get("/api/models/0").text
    assert said["shown by"] == f"glassnet {glassnet.__version__}"
