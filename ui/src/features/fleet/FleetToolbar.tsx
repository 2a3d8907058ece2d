import {
  Button,
  SearchInput,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import ColumnsIcon from "@patternfly/react-icons/dist/esm/icons/columns-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import { useEffect, useState } from "react";
import { LinkButton } from "@/components/LinkButton";
import { ReasonedButton } from "@/components/ReasonedButton";
import { counted } from "@/lib/format";

/** Typing asks once per pause: WebKit refuses an address that changes too often. */
const PAUSE_MS = 150;

type SearchProps = { search: string | null; onSearch: (search: string | null) => void };

function Search({ search, onSearch }: SearchProps) {
  const [text, setText] = useState(search ?? "");
  useEffect(() => setText(search ?? ""), [search]);
  useEffect(() => {
    if (text === (search ?? "")) return;
    const timer = setTimeout(() => onSearch(text || null), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, search, onSearch]);
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
  refreshing: boolean;
  onClear: () => void;
  onDeploy: () => void;
  onRefresh: () => void;
  onColumns: () => void;
};

/** Search, what can be done with the ticked cards, and what can be done with all. */
export function FleetToolbar(props: Props) {
  const { selected } = props;
  return (
    <Toolbar inset={{ default: "insetNone" }} aria-label="Cards">
      <ToolbarContent>
        <ToolbarItem>
          <div className="slipway-search">
            <Search search={props.search} onSearch={props.onSearch} />
          </div>
        </ToolbarItem>
        <ToolbarItem>
          <ReasonedButton
            variant="primary"
            whyNot={selected === 0 ? "Tick the cards first" : null}
            onClick={props.onDeploy}
            testId="action-deploy"
          >
            {selected > 0 ? `Deploy to ${counted(selected, "card")}…` : "Deploy…"}
          </ReasonedButton>
        </ToolbarItem>
        {selected > 0 && (
          <ToolbarItem>
            <Button variant="link" onClick={props.onClear}>
              Clear selection
            </Button>
          </ToolbarItem>
        )}
        <ToolbarGroup align={{ default: "alignEnd" }} gap={{ default: "gapSm" }}>
          <ToolbarItem>
            <Button variant="plain" icon={<ColumnsIcon />} onClick={props.onColumns}>
              Columns
            </Button>
          </ToolbarItem>
          <ToolbarItem>
            <Button
              variant="secondary"
              icon={<RedoIcon />}
              isLoading={props.refreshing}
              onClick={props.onRefresh}
            >
              Refresh all
            </Button>
          </ToolbarItem>
          <ToolbarItem>
            <LinkButton variant="secondary" to="/add" testId="add-cards">
              Add cards
            </LinkButton>
          </ToolbarItem>
        </ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  );
}
