/** The frame of every page: language, fonts, theme, header. */
import type { Metadata, Viewport } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { THEME_SCRIPT } from "@/client/theme/theme-script";
import { ThemeToggle } from "@/client/theme/theme-toggle";
import "@fontsource-variable/instrument-sans";
import "@fontsource-variable/jetbrains-mono";
import "./globals.css";
import styles from "./layout.module.css";

export const metadata: Metadata = {
  title: "Asupersync: structured concurrency for React and Next.js",
  description:
    "Async tasks that belong to components: cancelled, drained and aborted at the server when their owner goes.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#eef1f2" },
    { media: "(prefers-color-scheme: dark)", color: "#0e1418" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The theme is set on this element before React is there, so its attributes may differ.
    <html lang="en" suppressHydrationWarning>
      <head>
        <script>{THEME_SCRIPT}</script>
      </head>
      <body>
        <header className={styles.header}>
          <Link href="/" className={styles.name}>
            asupersync
          </Link>
          <ThemeToggle />
        </header>
        {children}
      </body>
    </html>
  );
}
