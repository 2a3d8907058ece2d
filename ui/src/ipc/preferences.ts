import { LazyStore } from "@tauri-apps/plugin-store";

export type Theme = "light" | "dark" | "system";

/** What a person chose for this desk; nothing of the fleet. */
export type Preferences = {
  theme: Theme;
  /** Columns of the fleet table, besides name and state. `null`: the usual ones. */
  columns: string[] | null;
  /** Jobs that ended later than this are news. `null`: this desk has just begun. */
  notifiedUntil: string | null;
  /** Whether the desktop tells what has ended. Read by `src-tauri/src/notifications.rs` too. */
  notifications: boolean;
};

export const usualPreferences: Preferences = {
  theme: "system",
  columns: null,
  notifiedUntil: null,
  notifications: true,
};

const store = new LazyStore("preferences.json");
const KEY = "preferences";

/** The stored preferences; the usual ones where there are none or the store is out of order. */
export async function loadPreferences(): Promise<Preferences> {
  try {
    const stored = await store.get<Partial<Preferences>>(KEY);
    return { ...usualPreferences, ...stored };
  } catch {
    return usualPreferences;
  }
}

export async function savePreferences(preferences: Preferences): Promise<void> {
  await store.set(KEY, preferences);
  await store.save();
}
