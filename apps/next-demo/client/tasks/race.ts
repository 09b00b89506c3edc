/** The race: two mirrors, one file. The slower one is cancelled and drained before the race ends. */
import type { Cx } from "@asupersync/browser";
import { useAsupersyncTask } from "@asupersync/react";
import { download, type MirrorEvent } from "@/client/tasks/download";
import { MIRRORS } from "@/shared/mirror";

/** Runs round `round`; 0 means that nobody has asked for a race yet. */
export function useRace(round: number, tell: (event: MirrorEvent) => void) {
  return useAsupersyncTask(
    async (cx) => {
      const downloads = MIRRORS.map((mirror) => {
        const body = (branch: Cx) => download(branch, mirror, round, tell);
        // A branch is called in the tree what its body is called.
        return Object.defineProperty(body, "name", { value: `mirror ${mirror}` });
      });
      return cx.race(downloads); // settles when the loser, too, has ended
    },
    [round],
    { enabled: round > 0, label: `race ${round}` },
  );
}
