import {
  Alert,
  Button,
  Content,
  ExpandableSection,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
} from "@patternfly/react-core";
import FolderOpenIcon from "@patternfly/react-icons/dist/esm/icons/folder-open-icon";
import type { UseQueryResult } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { AddressList } from "@/ipc/whole";
import { readText } from "@/lib/files";
import { counted } from "@/lib/format";

/** A list is kilobytes; what is larger is no list. */
const MOST_BYTES = 2_000_000;

const EXAMPLE = `imc-001.lab
imc[002-120].lab
10.40.7.0/26
10.40.8.15:8443`;

type OpenProps = { onText: (text: string) => void };

/** Reads a list from a file of this machine. */
function OpenList({ onText }: OpenProps) {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      setProblem(`${file.name} is too large to be a list of addresses`);
      return;
    }
    try {
      onText(await readText(file));
      setProblem(null);
    } catch {
      setProblem(`${file.name} could not be read`);
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept=".csv,.txt,text/plain,text/csv"
        data-testid="list-file"
        onChange={(event) => void read(event.target.files?.[0])}
      />
      <Button
        variant="secondary"
        size="sm"
        icon={<FolderOpenIcon />}
        onClick={() => input.current?.click()}
      >
        Open a list…
      </Button>
      {problem && <Alert isInline isPlain variant="warning" title={problem} />}
    </>
  );
}

/** What the list says so far: how many addresses, and the lines that can't be meant. */
function Told({ list }: { list: AddressList }) {
  const shown = list.candidates.slice(0, 200);
  return (
    <>
      {list.problems.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title={`${counted(list.problems.length, "line")} left out or read in part; the others go on`}
        >
          <ul className="slipway-evidence" aria-label="Lines with a problem">
            {list.problems.slice(0, 50).map((problem) => (
              <li key={`${problem.line} ${problem.reason}`}>
                Line {problem.line}: {problem.reason}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {list.candidates.length > 0 && (
        <ExpandableSection toggleText="Show the addresses">
          <ul className="slipway-addresses" aria-label="Addresses">
            {shown.map((one) => (
              <li key={one.address}>
                <code>{one.address}</code>
              </li>
            ))}
          </ul>
          {list.candidates.length > shown.length && (
            <p className="slipway-subtle">
              and {counted(list.candidates.length - shown.length, "more", "more")}
            </p>
          )}
        </ExpandableSection>
      )}
    </>
  );
}

type Props = {
  text: string;
  list: UseQueryResult<AddressList>;
  onText: (text: string) => void;
};

/** Where the machines are: typed, pasted, or out of a file. */
export function AddressesStep({ text, list, onText }: Props) {
  const count = text.trim() ? (list.data?.candidates.length ?? 0) : 0;
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        Addresses of IMCs, of servers' BMCs and of BlueField BMCs, in any mixture: what each of them
        is, is found out.
      </Content>
      <FormGroup
        label="Addresses"
        fieldId="address-list"
        isRequired
        labelInfo={<OpenList onText={onText} />}
      >
        <TextArea
          id="address-list"
          value={text}
          rows={9}
          resizeOrientation="vertical"
          spellCheck={false}
          placeholder={EXAMPLE}
          aria-describedby="address-help address-count"
          onChange={(_event, value) => onText(value)}
        />
        <FormHelperText id="address-help">
          <HelperText>
            <HelperTextItem>
              One per line, or CSV with a header (address, name, profile, host, labels, ssh, acc).
              Ranges such as imc[001-120].lab and networks such as 10.40.7.0/26. Without a port,
              8443 and 443 are tried.
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      </FormGroup>
      <p id="address-count" role="status" data-testid="address-count">
        <strong>{counted(count, "address", "addresses")}</strong>
      </p>
      {list.error && <ErrorAlert error={list.error} title="The list could not be read" />}
      {text.trim() !== "" && list.data && <Told list={list.data} />}
    </Form>
  );
}
