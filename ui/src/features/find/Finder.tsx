import { Menu, MenuContent, MenuItem, MenuList, SearchInput } from "@patternfly/react-core";
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import type { DpuRow } from "@/ipc/bindings";
import { useDpus } from "@/ipc/queries/dpus";
import { counted } from "@/lib/format";

/** More than this is the table's business. */
const MOST = 8;

/** Ctrl K (or ⌘K) puts the cursor here from any page. */
function useShortcut(focus: () => void) {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [focus]);
}

type FoundProps = { search: string; onCard: (row: DpuRow) => void; onAll: () => void };

/** The cards that match: only mounted while something stands in the field. */
function Found({ search, onCard, onAll }: FoundProps) {
  const { data } = useDpus({ search, states: [], sort: "name", descending: false }, MOST);
  if (!data) return null;
  const more = data.total - data.rows.length;
  return (
    <Menu
      className="slipway-finder-list"
      onSelect={(_event, id) => {
        const row = data.rows.find((one) => one.id === id);
        if (row) onCard(row);
        else onAll();
      }}
    >
      <MenuContent>
        <MenuList aria-label="Cards found">
          {data.rows.map((row) => (
            <MenuItem
              key={row.id}
              itemId={row.id}
              description={[row.host, row.imc, row.version].filter(Boolean).join(" · ")}
            >
              <span className="slipway-finder-row">
                {row.name}
                <HeadlineLabel headline={row.headline} compact />
              </span>
            </MenuItem>
          ))}
          {data.total === 0 && <MenuItem isDisabled>No card has “{search}”</MenuItem>}
          {more > 0 && (
            <MenuItem itemId="all">{counted(data.total, "card")} in the table of cards</MenuItem>
          )}
        </MenuList>
      </MenuContent>
    </Menu>
  );
}

/** The masthead's search: cards by name, host, address, label or version, from every page. */
export function Finder() {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const search = useDeferredValue(text.trim());
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const [focus] = useState(() => () => input.current?.focus());
  useShortcut(focus);

  const close = () => {
    setOpen(false);
    setText("");
  };
  const go = (to: string) => {
    close();
    navigate(to);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Escape" && text) {
      close();
      focus();
    } else if (event.key === "ArrowDown" && event.target === input.current) {
      event.preventDefault();
      box.current?.querySelector<HTMLElement>("[role='menuitem']:not([disabled])")?.focus();
    } else if (event.key === "Enter" && event.target === input.current && search) {
      go(`/cards?search=${encodeURIComponent(search)}`);
    }
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: WebKitGTK of 2023 knows no <search>
    <div
      ref={box}
      role="search"
      className="slipway-finder"
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (!box.current?.contains(event.relatedTarget)) setOpen(false);
      }}
      onFocus={() => setOpen(true)}
    >
      <SearchInput
        ref={input}
        aria-label="Find a card"
        placeholder="Find a card (Ctrl K)"
        value={text}
        onChange={(_event, value) => {
          setText(value);
          setOpen(true);
        }}
        onClear={close}
      />
      {open && search !== "" && (
        <Found
          search={search}
          onCard={(row) => go(`/cards/${row.id}`)}
          onAll={() => go(`/cards?search=${encodeURIComponent(search)}`)}
        />
      )}
    </div>
  );
}
