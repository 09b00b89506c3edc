/** Owns what Fast Refresh leaves behind: a runtime whose module ran again is closed once nobody uses it. */

/** Told that a later store of the same label was made. */
export type Supersede = () => void;

/**
 * Notes the newest store of a label, and tells the one before it.
 *
 * A module that Fast Refresh runs again makes its store again, and nothing else can find the earlier
 * one then. Two stores that share a label by intent lose nothing by it: a superseded store works on
 * as long as a component uses it.
 */
export function supersedeEarlier(label: string, supersede: Supersede): void {
  const registry = latestByLabel();
  registry.get(label)?.();
  registry.set(label, supersede);
}

const REGISTRY = Symbol.for("@asupersync/next.client-runtimes");

/** On `globalThis`, for Fast Refresh may run this module again as well. */
function latestByLabel(): Map<string, Supersede> {
  const host = globalThis as { [REGISTRY]?: Map<string, Supersede> };
  host[REGISTRY] ??= new Map();
  return host[REGISTRY];
}
