/** Owns a component's scope: opened in a commit, cancelled and closed when the component leaves. */
import type { CancelRequest, Runtime, Scope, ScopeOptions } from "@asupersync/browser";
import { cancelLeft, Lifetime } from "./lifetime.js";
import { Store } from "./store.js";

/** One a component. Making it opens nothing. */
export class ScopeOwner {
  readonly #store = new Store<Scope | undefined>(undefined);
  readonly #lifetime = new Lifetime<Scope | undefined>((scope, why) => this.#close(scope, why));

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  /** Opens a scope, or keeps the one that a StrictMode remount left. @returns The effect's cleanup. */
  hold(runtime: Runtime, options: ScopeOptions): () => void {
    return this.#lifetime.hold([runtime, options.label, options.policy], () => {
      // A runtime that was closed under a mounted tree has no scope to give: the hook says `undefined`.
      const scope = runtime.state === "open" ? runtime.openScope(options) : undefined;
      this.#store.publish(scope);
      return scope;
    });
  }

  #close(scope: Scope | undefined, why: CancelRequest): void {
    // First, so that a component that is shown again never sees the closed one.
    this.#store.publish(undefined);
    cancelLeft(scope, why);
    void scope?.close();
  }
}
