/** Owns the interpreter of scenarios: lines become calls, records become reactions of bodies. */
import {
  ASKED,
  CounterCode,
  type Handle,
  type Kernel,
  type KernelModule,
  ReasonFact,
} from "../../src/index.js";
import { codeOf, configOf, nameOf, type Run, type Scenario } from "./scenario.js";
import {
  answerText,
  digest,
  hex,
  isAsked,
  isHandle,
  type Line,
  parseLine,
  partsOf,
  timesOf,
} from "./text.js";

/** Virtual time in milliseconds, read by the kernel as that of its realm. */
export interface Clock {
  ms: number;
}

interface TaskState {
  body: string;
  /** Bodies of its finalizers, the one registered last at the end. */
  finalizers: string[];
}

type Call = (...args: (number | string)[]) => number;

/** The kind of a cancellation, by name, of what is known of its reason. */
const kindOf = (facts: number): string =>
  nameOf("CancelKindCode", facts & (ReasonFact.truncated - 1));

/** Rounds of drain time that the end of a run may take. */
const ROUNDS_MAX = 20;
const ROOT = "root";
const RECORD_WORDS = 4;
const ROW_WORDS = 7;
const COMPLETED_NOW = 4;

/** Runs `scenario` with `seed` and shuts it down. */
export function run(module: KernelModule, clock: Clock, scenario: Scenario, seed: number): Run {
  const world = new World(module, clock, scenario, seed);
  for (const step of scenario.steps) world.line(step, "", "");
  return world.end();
}

class World {
  readonly #module: KernelModule;
  readonly #clock: Clock;
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #kernel: Kernel;
  readonly #handles = new Map<string, Handle>();
  /** By kind and slot: what a record names. */
  readonly #names = new Map<string, string>();
  readonly #tasks = new Map<string, TaskState>();
  /** Bodies of the finalizers of regions. */
  readonly #finalizers = new Map<string, string[]>();
  /** The task that opened a host operation. */
  readonly #owners = new Map<string, string>();
  readonly #outcomes: Record<string, string> = {};
  readonly #log: string[] = [];

  constructor(module: KernelModule, clock: Clock, scenario: Scenario, seed: number) {
    this.#module = module;
    this.#clock = clock;
    this.#scenario = scenario;
    this.#seed = seed;
    this.#kernel = module.createKernel(configOf(scenario, seed, 1), () => undefined);
    this.#bind(ROOT, this.#kernel.root());
  }

  /** Carries out one line. `me` is the task that reacts, `it` what it reacts to. */
  line(source: string, me: string, it: string): void {
    const [times, rest] = timesOf(source);
    for (let index = 0; index < times; index += 1) {
      const line = parseLine(rest, index, me, it);
      const answer = this.#command(line);
      if (answer !== undefined) this.#note(`${line.text} -> ${answer}`);
      if (line.expected !== undefined && line.expected !== answer) {
        throw new Error(`\`${rest}\` gave ${answer}`);
      }
    }
  }

  /** Shuts the runtime down and lets drain times pass until it has closed. */
  end(): Run {
    this.line("close", "", "");
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      while (this.#tick());
      if (this.#outcomes[ROOT] !== undefined) break;
      this.#clock.ms += configOf(this.#scenario, this.#seed, 1).drainMs;
    }
    const kernel = this.#kernel;
    const counts = Object.fromEntries(
      Object.entries(CounterCode).map(([name, code]) => [name, kernel.count(code)]),
    );
    const live = Object.entries(counts).filter(([name]) => name.endsWith("Live"));
    const run = {
      seed: this.#seed,
      outcomes: this.#outcomes,
      counts,
      quiescent: this.#outcomes[ROOT] !== undefined && live.every(([, count]) => count === 0),
      certificate: hex(kernel.certificate()),
      fingerprint: hex(kernel.fingerprint()),
      trace: hex(digest(kernel.events(0))),
      log: this.#log,
    };
    kernel.release();
    return run;
  }

  #note(entry: string): void {
    if (this.#scenario.log !== false) this.#log.push(entry);
  }

  /** Gives `name` to a handle that a call answered with. */
  #bind(name: string, handle: Handle): void {
    const { kind, slot } = partsOf(handle);
    this.#handles.set(name, handle);
    this.#names.set(`${kind} ${slot}`, name);
  }

  /** What the call answered; undefined for what is no call. */
  #command(line: Line): string | undefined {
    const [first = ""] = line.args;
    switch (line.call) {
      case "turn":
        while (this.#tick());
        return undefined;
      case "tick":
        this.#tick();
        return undefined;
      case "pass":
        this.#clock.ms += Number(first);
        return undefined;
      case "snapshot":
        this.#snapshot();
        return undefined;
      case "foreign": {
        const config = configOf(this.#scenario, this.#seed, 2);
        const other = this.#module.createKernel(config, () => undefined);
        this.#handles.set(first, other.region_spawn(other.root()));
        return undefined;
      }
      default:
        return this.#call(line);
    }
  }

  #call({ call, args, name, body }: Line): string {
    const isCancel = call === "task_cancel" || call === "region_cancel";
    const numbers = args.slice(0, isCancel ? 2 : undefined).map((word) => this.#number(word));
    const [subject = ""] = args;
    const ends = call === "task_complete" || call === "task_finalized";
    const reason = ends ? this.#kernel.task_reason(numbers[0] ?? 0) : 0;
    const raw = (this.#kernel as unknown as Record<string, Call>)[call];
    if (raw === undefined) throw new Error(`\`${call}\` is no call`);
    const answer = raw.apply(this.#kernel, isCancel ? [...numbers, args[2] ?? ""] : numbers);
    if (isAsked(answer)) this.#bind(name, answer - ASKED);
    if (answer < 0) return answerText(answer);
    if (isHandle(answer)) {
      this.#bind(name, answer);
      if (partsOf(answer).kind === codeOf("HandleKindCode.task")) {
        this.#tasks.set(name, { body, finalizers: [] });
      }
      this.#owners.set(name, subject);
    }
    if (call === "task_defer") this.#tasks.get(subject)?.finalizers.push(body);
    if (call === "region_defer") {
      this.#finalizers.set(subject, [...(this.#finalizers.get(subject) ?? []), body]);
    }
    if (!ends) return answerText(answer);
    if (answer < COMPLETED_NOW) return "later";
    const outcome = this.#outcome(answer - COMPLETED_NOW, reason);
    this.#outcomes[subject] = outcome;
    return outcome;
  }

  /** A number as JavaScript writes it, a code as `Group.name`, or the handle of that name. */
  #number(word: string): number {
    const number = this.#handles.get(word) ?? codeOf(word) ?? Number(word);
    if (Number.isNaN(number) && word !== "NaN") throw new Error(`\`${word}\` is no number or name`);
    return number;
  }

  /** Turns the kernel once and delivers; whether there was anything. */
  #tick(): boolean {
    const batch = this.#kernel.turn();
    if (batch === 0) return false;
    const [[count = 0] = []] = this.#words(batch, 1, 1);
    this.#note(`@${this.#kernel.now()} turn ${count}`);
    const records = batch + Uint32Array.BYTES_PER_ELEMENT;
    for (const words of this.#words(records, count, RECORD_WORDS)) {
      const [code = 0, slot = 0, token = 0, aux = 0] = words;
      this.#deliver(nameOf("EffectCode", code), slot, token, aux);
    }
    return true;
  }

  /** Copies rows of words out of the kernel's memory. */
  #words(address: number, count: number, width: number): number[][] {
    const start = address / Uint32Array.BYTES_PER_ELEMENT;
    const words = [...this.#module.words().slice(start, start + count * width)];
    return Array.from({ length: count }, (_, row) => words.slice(row * width, (row + 1) * width));
  }

  #named(kind: string, slot: number): string {
    return this.#names.get(`${codeOf(`HandleKindCode.${kind}`)} ${slot}`) ?? `${slot}?`;
  }

  #deliver(effect: string, slot: number, token: number, aux: number): void {
    const kind = effect.startsWith("region")
      ? "region"
      : effect.startsWith("host")
        ? "hostOp"
        : "task";
    const name = this.#named(kind, slot);
    this.#note(`${effect} ${name}${this.#said(effect, name, token, aux)}`);
    switch (effect) {
      case "finalize": {
        const task = this.#tasks.get(name);
        if (task !== undefined) task.body = task.finalizers.pop() ?? "";
        this.#react(name, "start", "");
        break;
      }
      case "regionFinalize": {
        const stack = this.#finalizers.get(name) ?? [];
        const body = stack.pop() ?? "";
        const task = `${name}!${stack.length}`;
        this.line(`${task} = region_finalizer_spawn ${name} : ${body}`, "", "");
        break;
      }
      case "start":
        this.#react(name, "start", "");
        break;
      case "resume":
      case "cancel":
        this.#react(name, `${effect} ${token}`, "");
        break;
      case "hostCancel":
      case "hostRevoked":
      case "hostDropped":
        this.#react(this.#owners.get(name) ?? "", effect, name);
        break;
    }
  }

  /** What a record says of its subject, as text; notes the outcome that it tells. */
  #said(effect: string, name: string, token: number, aux: number): string {
    switch (effect) {
      case "resume":
        return ` ${token} ${aux}`;
      case "cancel":
        return ` ${token} ${this.#reason(aux)}`;
      case "hostCancel":
        return ` ${this.#reason(aux)}`;
      case "taskDone":
      case "regionClosed":
        this.#outcomes[name] = this.#outcome(token, aux);
        return ` ${nameOf("OutcomeCode", token)} ${this.#reason(aux)}`.trimEnd();
      case "taskRevoked":
        return this.#revoked(name, token);
      case "obligationLeaked":
        return ` ${nameOf("ObligationKindCode", token)} ${this.#named("obligation", aux)}`;
      default:
        return "";
    }
  }

  /** Lets the body of `task` react: to `event`, or to its first word with any token. */
  #react(task: string, event: string, it: string): void {
    const body = this.#scenario.bodies?.[this.#tasks.get(task)?.body ?? ""];
    const [any = ""] = event.split(" ");
    for (const line of body?.[event] ?? body?.[any] ?? []) this.line(line, task, it);
  }

  /** Hands what a revoked task registered to its successor. */
  #revoked(name: string, successor: number): string {
    const handle = this.#kernel.task_at(successor);
    if (handle <= 0) return "";
    const task = this.#tasks.get(name);
    this.#tasks.set(`${name}+`, { body: "", finalizers: task?.finalizers.splice(0) ?? [] });
    this.#bind(`${name}+`, handle);
    return ` ${name}+`;
  }

  #outcome(outcome: number, reason: number): string {
    const name = nameOf("OutcomeCode", outcome);
    if (name !== "cancelled" || reason === 0) return name;
    return `${name} ${kindOf(this.#kernel.reason_facts(reason))}`;
  }

  /** A reason with its causes, nearest first. */
  #reason(first: number): string {
    const kernel = this.#kernel;
    const links: string[] = [];
    for (let id = first, facts = 0; id !== 0; id = Math.floor(facts / ReasonFact.cause)) {
      facts = kernel.reason_facts(id);
      const cut = (facts & ReasonFact.truncated) === 0 ? "" : " truncated";
      const message = kernel.reason_message(id) ?? "";
      const hasMessage = (facts & ReasonFact.hasMessage) !== 0;
      if (hasMessage !== (message !== "")) links.push("a message that the facts deny");
      links.push(`${kindOf(facts)}@${kernel.reason_at_ms(id)} ${message}${cut}`.trimEnd());
    }
    return links.join(" < ");
  }

  #snapshot(): void {
    const count = this.#kernel.snapshot();
    for (const row of this.#words(this.#kernel.snapshot_ptr(), count, ROW_WORDS)) {
      const [kind = 0, slot = 0, parentKind = 0, parentSlot = 0, ...rest] = row;
      const named = (code: number, at: number) => this.#named(nameOf("HandleKindCode", code), at);
      const parent = parentSlot === 0 ? "-" : named(parentKind, parentSlot);
      const kindName = nameOf("HandleKindCode", kind);
      this.#note(`row ${kindName} ${named(kind, slot)} ${parent} ${rest.join(" ")}`);
    }
  }
}
