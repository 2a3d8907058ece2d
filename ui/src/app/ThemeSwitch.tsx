import { MenuToggle, Select, SelectList, SelectOption } from "@patternfly/react-core";
import DesktopIcon from "@patternfly/react-icons/dist/esm/icons/desktop-icon";
import MoonIcon from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import SunIcon from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import { useState } from "react";
import type { Theme } from "@/ipc/preferences";
import { useTheme } from "./theme";

const THEMES: { theme: Theme; word: string; Icon: typeof SunIcon }[] = [
  { theme: "system", word: "As the desktop", Icon: DesktopIcon },
  { theme: "light", word: "Light", Icon: SunIcon },
  { theme: "dark", word: "Dark", Icon: MoonIcon },
];

/** Light, dark, or as the desktop has it. */
export function ThemeSwitch() {
  const { theme, setTheme } = useTheme();
  const [open, setOpen] = useState(false);
  const now = THEMES.find((entry) => entry.theme === theme) ?? {
    word: "As the desktop",
    Icon: DesktopIcon,
  };
  return (
    <Select
      isOpen={open}
      onOpenChange={setOpen}
      selected={theme}
      onSelect={(_event, value) => {
        const chosen = THEMES.find((entry) => entry.theme === value);
        if (chosen) setTheme(chosen.theme);
        setOpen(false);
      }}
      popperProps={{ position: "right" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          icon={<now.Icon />}
          variant="plain"
          onClick={() => setOpen(!open)}
          isExpanded={open}
          aria-label={`Theme: ${now.word}`}
        />
      )}
    >
      <SelectList aria-label="Theme">
        {THEMES.map(({ theme: value, word, Icon }) => (
          <SelectOption key={value} value={value} icon={<Icon />}>
            {word}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}
