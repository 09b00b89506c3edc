/** The first task of redux-saga. */

import { runSaga } from "redux-saga";
import { fork, join } from "redux-saga/effects";
import { FIRST_VALUE } from "../workloads/first-task.mjs";

export function firstTask() {
  return runSaga({}, root).toPromise();
}

function* root() {
  const task = yield fork(function* () {
    yield Promise.resolve();
    return FIRST_VALUE;
  });
  return yield join(task);
}
