"use client";
/** The switch between the system's theme, light and dark. */
import { useSyncExternalStore } from "react";
import { THEME_KEY, THEMES, type Theme } from "@/client/theme/theme-script";
import styles from "./theme-toggle.module.css";

const listeners = new Set<() => void>();

export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, chosenTheme, () => "system" as const);
  return (
    <fieldset className={styles.toggle}>
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map((option) => (
        <label key={option} className={styles.option}>
          <input
            type="radio"
            name="theme"
            className="visually-hidden"
            checked={theme === option}
            onChange={() => choose(option)}
          />
          {option}
        </label>
      ))}
    </fieldset>
  );
}

/** The attribute is the truth: the script in the head has set it from the storage. */
function chosenTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

function choose(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
