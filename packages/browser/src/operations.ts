/**
 * Owns the list of the operations that are added to every `cx`, on a page and in a worker alike: the files
 * that own them are loaded here.
 */
import "./combinators/all.js";
import "./combinators/any.js";
import "./combinators/hedge.js";
import "./combinators/map.js";
import "./combinators/race.js";
import "./combinators/retry.js";
import "./combinators/scope-op.js";
import "./combinators/settle-op.js";
import "./combinators/supervise.js";
import "./combinators/timeout.js";
import "./combinators/use.js";
import "./counters.js";
import "./fetch/fetch.js";
import "./flow/callback.js";
import "./flow/event.js";
import "./flow/frame.js";
import "./flow/idle.js";
import "./foreign.js";
import "./signal.js";
import "./snapshot.js";
import "./socket/reconnecting.js";
import "./socket/socket.js";
import "./trace/recorded.js";
