// serve: the whole page, with the views that need a server.

import { createCompareView } from "./compare.js";
import { start } from "./main.js";
import { createTrainView } from "./train.js";

start({
  train: { title: "Train", create: createTrainView },
  compare: { title: "Compare", create: createCompareView },
});
