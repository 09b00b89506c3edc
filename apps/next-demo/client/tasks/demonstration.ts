/** The gentle first demonstration: it presses the page's own buttons, and is a task itself. */
import { useAsupersyncTask } from "@asupersync/react";
import { useEffect, useEffectEvent } from "react";

/** The controls that the demonstration may use. */
export interface Stage {
  startReport(): void;
  type(query: string): void;
  startRace(): void;
  /** It is over: played to its end, failed, or cancelled with the runtime. */
  onEnd(): void;
}

const KEYSTROKES = ["s", "si", "sil", "silv", "silver"];
/** Slower than the debounce, faster than the server: each keystroke aborts a request on its way. */
const KEYSTROKE_MS = 340;

export function useDemonstration(isPlaying: boolean, stage: Stage) {
  const { outcome } = useAsupersyncTask(
    async (cx) => {
      stage.startReport();
      for (const query of KEYSTROKES) {
        await cx.sleep(KEYSTROKE_MS);
        stage.type(query);
      }
      await cx.sleep(1_500);
      stage.startRace();
      await cx.sleep(1_500);
    },
    [isPlaying],
    { enabled: isPlaying, label: "demonstration" },
  );
  const onEnd = useEffectEvent(stage.onEnd);
  useEffect(() => {
    if (outcome !== undefined) onEnd();
  }, [outcome]);
}
