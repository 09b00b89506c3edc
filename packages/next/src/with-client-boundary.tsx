/** Owns `withAsupersyncClientBoundary`: a component that waits for its runtime, in a fallback's place. */
import type { RuntimeStore } from "@asupersync/react";
import type { ComponentType, ReactNode } from "react";
import { ClientBoundary } from "./client-boundary.js";
import { refuseServerModule } from "./server-use.js";

export interface ClientBoundaryOptions {
  /** What {@link createClientRuntime} made, or any other store of a runtime. */
  readonly runtime: RuntimeStore;
  /** Shown on the server, in the hydrating render, and while the runtime loads. Default: nothing. */
  readonly fallback?: ReactNode;
  /**
   * Renders a runtime that could not be loaded. `retry` loads again. Default: a message with
   * `role="alert"` that gives the error's code and what to do, and a button that tries again.
   */
  readonly onError?: ((error: unknown, retry: () => void) => ReactNode) | undefined;
}

/**
 * Wraps `Component` so that it is rendered only where its runtime is: in the browser, once loaded,
 * inside an `AsupersyncProvider`. Call it at module level of a client file.
 *
 * @throws {AsupersyncNextError} `NEXT_SERVER_USE` when a server component or a route handler calls it.
 */
export function withAsupersyncClientBoundary<P extends object>(
  Component: ComponentType<P>,
  { runtime, fallback, onError }: ClientBoundaryOptions,
): ComponentType<P> {
  refuseServerModule("withAsupersyncClientBoundary");
  function WithClientBoundary(props: P): ReactNode {
    return (
      <ClientBoundary runtime={runtime} fallback={fallback} onError={onError}>
        <Component {...props} />
      </ClientBoundary>
    );
  }
  WithClientBoundary.displayName = `withAsupersyncClientBoundary(${Component.displayName ?? Component.name})`;
  return WithClientBoundary;
}
