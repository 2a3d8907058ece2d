import { useEffect } from "react";
import type { Theme } from "@/ipc/preferences";
import { usePreferences } from "@/ipc/queries/preferences";

/** The store answers after the first paint; this copy makes the first paint the right one. */
const REMEMBERED = "slipway-theme";
const systemDark = "(prefers-color-scheme: dark)";

const isTheme = (text: string | null): text is Theme =>
  text === "light" || text === "dark" || text === "system";

export function rememberedTheme(): Theme {
  const kept = localStorage.getItem(REMEMBERED);
  return isTheme(kept) ? kept : "system";
}

export function applyTheme(theme: Theme) {
  const dark = theme === "dark" || (theme === "system" && matchMedia(systemDark).matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", dark);
}

/** Keeps the page in the person's theme, also when the desktop changes its own. */
export function useTheme() {
  const { preferences, loaded, change } = usePreferences();
  const theme = loaded ? preferences.theme : rememberedTheme();
  useEffect(() => {
    localStorage.setItem(REMEMBERED, theme);
    applyTheme(theme);
    const media = matchMedia(systemDark);
    const follow = () => applyTheme(theme);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [theme]);
  return { theme, setTheme: (next: Theme) => change({ theme: next }) };
}
