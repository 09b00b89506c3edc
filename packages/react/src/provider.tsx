"use client";
/** Owns `AsupersyncProvider`: gives a runtime to a tree, and owns it if nobody else does. */
import type { RuntimeOptions } from "@asupersync/browser";
import { type ReactNode, useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { Lifetime } from "./lifetime.js";
import { RuntimeContext } from "./runtime-context.js";
import {
  createRuntimeStore,
  IDLE_LOAD,
  type OwnedRuntimeStore,
  type RuntimeLoad,
  type RuntimeSource,
  type RuntimeStore,
  storeOf,
} from "./runtime-store.js";

interface CommonProps {
  readonly children?: ReactNode;
  /** Told when the runtime cannot be loaded. Default: `reportError`, so that it is never silent. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The provider gives a runtime that something else owns, and never closes it. */
export interface GivenRuntimeProps extends CommonProps {
  /** A runtime, a promise of one, or a store such as `createClientRuntime` of `@asupersync/next` makes. */
  readonly runtime: RuntimeSource | undefined;
  readonly options?: never;
}

/** The provider opens a runtime in its first commit and closes it when it is unmounted or hidden. */
export interface OwnedRuntimeProps extends CommonProps {
  /** Read once, when the component is first rendered. Change the `key` to open another runtime. */
  readonly options?: RuntimeOptions | undefined;
  readonly runtime?: never;
}

export type AsupersyncProviderProps = GivenRuntimeProps | OwnedRuntimeProps;

/**
 * Gives the hooks below it a runtime.
 *
 * Children are rendered at once: on the server, and until the runtime has loaded, every task below is
 * `idle`. `runtime={undefined}` means "not there yet" and opens none.
 */
export function AsupersyncProvider(props: AsupersyncProviderProps): ReactNode {
  return "runtime" in props ? (
    <GivenRuntime {...(props as GivenRuntimeProps)} />
  ) : (
    <OwnedRuntime {...props} />
  );
}

function GivenRuntime({ runtime, onError, children }: GivenRuntimeProps): ReactNode {
  const store = runtime === undefined ? NOT_THERE_YET : storeOf(runtime);
  useEffect(() => {
    store.load().catch(noticedInSnapshot);
  }, [store]);
  return (
    <ProvidedStore store={store} onError={onError}>
      {children}
    </ProvidedStore>
  );
}

function OwnedRuntime({ options, onError, children }: OwnedRuntimeProps): ReactNode {
  // Both cells are garbage if this render is thrown away: the runtime is opened in the effect.
  const [store] = useState(() => createRuntimeStore(options));
  const [lifetime] = useState(() => new Lifetime<OwnedRuntimeStore>((ended) => void ended.close()));
  useEffect(
    () =>
      lifetime.hold([store], () => {
        store.load().catch(noticedInSnapshot);
        return store;
      }),
    [lifetime, store],
  );
  return (
    <ProvidedStore store={store} onError={onError}>
      {children}
    </ProvidedStore>
  );
}

function ProvidedStore({
  store,
  onError = reportUnseen,
  children,
}: CommonProps & { readonly store: RuntimeStore }): ReactNode {
  const load = useSyncExternalStore(store.subscribe, store.getSnapshot, getServerLoad);
  const tell = useEffectEvent((error: unknown) => onError(error));
  useEffect(() => {
    if (load.status === "failed") tell(load.error);
  }, [load]);
  return <RuntimeContext value={store}>{children}</RuntimeContext>;
}

const NOT_THERE_YET: RuntimeStore = {
  getSnapshot: getServerLoad,
  subscribe: () => () => undefined,
  // A new one each time: one shared promise would keep what every mount attached to it.
  load: () => new Promise(() => undefined),
};

function reportUnseen(error: unknown): void {
  // A wrapper, for the server renders this component too and has no `reportError` to name.
  reportError(error);
}

/** A failed load is in the store's snapshot, from which `ProvidedStore` reports it. */
function noticedInSnapshot(): void {}

function getServerLoad(): RuntimeLoad {
  return IDLE_LOAD;
}
