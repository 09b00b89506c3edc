/** The first task of RxJS. */

import { asapScheduler, firstValueFrom, observeOn, of } from "rxjs";
import { FIRST_VALUE } from "../workloads/first-task.mjs";

export function firstTask() {
  return firstValueFrom(of(FIRST_VALUE).pipe(observeOn(asapScheduler)));
}
