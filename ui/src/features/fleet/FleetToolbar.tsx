import { Button, SearchInput } from "@patternfly/react-core";
import ColumnsIcon from "@patternfly/react-icons/dist/esm/icons/columns-icon";
import { useEffect, useRef, useState } from "react";
import { ReasonedButton } from "@/components/ReasonedButton";
import { counted } from "@/lib/format";

/** Typing asks once per pause: WebKit refuses an address that changes too often. */
const PAUSE_MS = 150;

type SearchProps = { search: string | null; onSearch: (search: string | null) => void };

function Search({ search, onSearch }: SearchProps) {
  const [text, setText] = useState(search ?? "");
  // What was typed last is not taken back by its own way through the address.
  const sent = useRef(search);
  useEffect(() => {
    if (search === sent.current) return;
    sent.current = search;
    setText(search ?? "");
  }, [search]);
  useEffect(() => {
    if (text === (sent.current ?? "")) return;
    const timer = setTimeout(() => {
      sent.current = text || null;
      onSearch(sent.current);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <SearchInput
      aria-label="Search cards"
      placeholder="Name, host, address, label, version"
      value={text}
      onChange={(_event, value) => setText(value)}
      onClear={() => setText("")}
    />
  );
}

type Props = SearchProps & {
  selected: number;
  onClear: () => void;
  onDeploy: () => void;
  onColumns: () => void;
};

/** Search, what can be done with the ticked cards, and which columns there are. */
export function FleetToolbar(props: Props) {
  const { selected } = props;
  return (
    <div className="slipway-toolbar-row" role="toolbar" aria-label="Cards">
      <div className="slipway-search">
        <Search search={props.search} onSearch={props.onSearch} />
      </div>
      <ReasonedButton
        variant={selected > 0 ? "primary" : "secondary"}
        whyNot={selected === 0 ? "Tick the cards first" : null}
        onClick={props.onDeploy}
        testId="action-deploy"
      >
        {selected > 0 ? `Deploy to ${counted(selected, "card")}…` : "Deploy…"}
      </ReasonedButton>
      {selected > 0 && (
        <Button variant="link" onClick={props.onClear}>
          Clear selection
        </Button>
      )}
      <Button
        className="slipway-push"
        variant="plain"
        icon={<ColumnsIcon />}
        onClick={props.onColumns}
      >
        Columns
      </Button>
    </div>
  );
}
