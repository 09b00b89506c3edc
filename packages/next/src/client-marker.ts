"use client";
/** Owns nothing but its directive: a bundler replaces this export where server components are built. */

export function clientMarker(): void {}
