/** The link that leaves while work is running, and the note of what was running then. */
import { useAsupersyncCancellationTree } from "@asupersync/react";
import Link from "next/link";
import { noteDeparture } from "@/client/departure";
import { runningRequestIds } from "@/client/ledger/ledger-source";
import buttons from "@/client/ui/button.module.css";

export function LeaveLink() {
  const { counts } = useAsupersyncCancellationTree();
  return (
    <Link
      href="/away"
      className={buttons.plain}
      onClick={() => noteDeparture({ tasks: counts.tasks, requestIds: runningRequestIds() })}
    >
      Leave this page <span aria-hidden="true">→</span>
    </Link>
  );
}
