/** The race of two mirrors: who won, what became of the loser, and how long its drain took. */
import { useReducer } from "react";
import type { MirrorEvent } from "@/client/tasks/download";
import { useRace } from "@/client/tasks/race";
import buttons from "@/client/ui/button.module.css";
import { FailureNote } from "@/client/ui/failure-note";
import { Panel } from "@/client/ui/panel";
import { StateChip, type Tone } from "@/client/ui/state-chip";
import { useIsOpen } from "@/client/use-is-open";
import { MIRROR_FILE_BYTES, MIRRORS, type Mirror } from "@/shared/mirror";
import styles from "./race-panel.module.css";

export interface RacePanelProps {
  /** Which race this is; 0 before the first. */
  readonly round: number;
  readonly source: string;
  onStart(): void;
}

export function RacePanel({ round, source, onStart }: RacePanelProps) {
  const [told, tell] = useReducer(toldAfter, { round: 0, lanes: BEFORE_THE_RACE });
  const isOpen = useIsOpen();
  const race = useRace(round, tell);
  const lanes = told.round === round ? told.lanes : BEFORE_THE_RACE;

  return (
    <Panel
      title="Race"
      hint="Two mirrors, one file. The loser is drained."
      source={source}
      controls={
        <button type="button" className={buttons.main} disabled={!isOpen} onClick={onStart}>
          {race.isRunning ? "Race again" : "Start race"}
        </button>
      }
    >
      <ul className={styles.lanes}>
        {MIRRORS.map((mirror) => (
          <Lane key={mirror} mirror={mirror} lane={lanes[mirror]} />
        ))}
      </ul>
      <p className={styles.status} role="status">
        {statusOf(race.status, lanes)}
      </p>
      <FailureNote outcome={race.outcome} />
    </Panel>
  );
}

interface LaneState {
  readonly state: "waiting" | "loading" | "won" | "draining" | "drained";
  readonly bytes: number;
  /** When this state began, in milliseconds of the runtime. */
  readonly since: number;
  readonly startedAt: number;
}
type Lanes = Readonly<Record<Mirror, LaneState>>;

interface Told {
  /** The latest race that has told anything. */
  readonly round: number;
  readonly lanes: Lanes;
}

const WAITING: LaneState = { state: "waiting", bytes: 0, since: 0, startedAt: 0 };
const BEFORE_THE_RACE: Lanes = { oslo: WAITING, lima: WAITING };

const TONES: Record<LaneState["state"], Tone> = {
  waiting: "quiet",
  loading: "active",
  won: "good",
  draining: "cancel",
  drained: "cancel",
};

function toldAfter(told: Told, event: MirrorEvent): Told {
  // A race that was superseded still drains: what it tells meanwhile is of no lane on the page.
  if (event.round < told.round) return told;
  const lanes = event.round === told.round ? told.lanes : BEFORE_THE_RACE;
  const lane = stateAfter(lanes[event.mirror], event);
  return { round: event.round, lanes: { ...lanes, [event.mirror]: lane } };
}

function stateAfter(lane: LaneState, event: MirrorEvent): LaneState {
  switch (event.kind) {
    case "started":
      return { state: "loading", bytes: 0, since: event.at, startedAt: event.at };
    case "received":
      return { ...lane, bytes: lane.bytes + event.bytes };
    default:
      return { ...lane, state: event.kind, since: event.at };
  }
}

function Lane({ mirror, lane }: { mirror: Mirror; lane: LaneState }) {
  return (
    <li className={styles.lane} data-state={lane.state}>
      <span className={styles.mirror}>{nameOf(mirror)}</span>
      <progress
        max={MIRROR_FILE_BYTES}
        value={lane.bytes}
        aria-label={`${nameOf(mirror)}, bytes received`}
      />
      <StateChip tone={TONES[lane.state]}>{lane.state}</StateChip>
    </li>
  );
}

function statusOf(status: string, lanes: Lanes): string {
  const winner = MIRRORS.find((mirror) => lanes[mirror].state === "won");
  if (status === "cancelled") return "The race was cancelled.";
  if (status === "idle") return "No race has started yet.";
  if (winner === undefined) return status === "running" ? "Both are loading." : "";
  const won = lanes[winner];
  const said = `${nameOf(winner)} won in ${Math.round(won.since - won.startedAt)} ms.`;
  const loser = MIRRORS.find((mirror) => lanes[mirror].state === "drained");
  if (loser === undefined) return said;
  const drainMs = Math.round(lanes[loser].since - won.since);
  return `${said} ${nameOf(loser)} was cancelled and drained in ${drainMs} ms.`;
}

function nameOf(mirror: Mirror): string {
  return mirror === "oslo" ? "Oslo" : "Lima";
}
