/** How Next builds the demo. One build directory a bundler, so that both builds can stand side by side. */
import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  distDir: process.env.NEXT_DIST_DIR ?? ".next",
};

export default config;
