/** Whether there is a runtime to ask: controls are disabled when there is none. */
import { useAsupersyncCancellationTree } from "@asupersync/react";

export function useIsOpen(): boolean {
  return useAsupersyncCancellationTree().state === "open";
}
