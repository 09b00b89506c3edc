/**
 * Owns the list of the operations that are added to every `cx`, on a page and in a worker alike: the files
 * that own them are loaded here.
 */
import "./combinators/any.js";
import "./fetch/fetch.js";
