import { Card, CardBody, CardTitle, Content, Form, PageSection } from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import { TextField } from "@/components/TextField";
import type { DeskState } from "@/ipc/bindings";
import { useUnlock } from "@/ipc/queries/app";

/** Fewer letters than this are guessed too soon. */
const LEAST = 8;

function problemOf(passphrase: string, again: string, isNew: boolean): string | null {
  if (!passphrase) return "Type the passphrase";
  if (!isNew) return null;
  if (passphrase.length < LEAST) return `At least ${LEAST} letters`;
  return passphrase === again ? null : "Type it the same twice";
}

/** No system keyring: the passwords are in an encrypted file that needs its passphrase. */
function PassphraseForm({ isNew }: { isNew: boolean }) {
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const unlock = useUnlock();
  const problem = problemOf(passphrase, again, isNew);
  return (
    <Form
      isWidthLimited
      onSubmit={(event) => {
        event.preventDefault();
        if (!problem && !unlock.isPending) unlock.mutate(passphrase);
      }}
    >
      <Content component="p">
        {isNew
          ? "There is no system keyring here, so the cards' passwords go into an encrypted file. Its passphrase is asked for whenever Slipway starts, and can't be recovered."
          : "The cards' passwords are in an encrypted file. Its passphrase opens it for as long as this window lives."}
      </Content>
      <TextField
        id="passphrase"
        label="Passphrase"
        type="password"
        required
        value={passphrase}
        onChange={setPassphrase}
        problem={isNew && passphrase.length < LEAST ? `At least ${LEAST} letters` : null}
      />
      {isNew && (
        <TextField
          id="passphrase-again"
          label="The same again"
          type="password"
          required
          value={again}
          onChange={setAgain}
          problem={again !== passphrase ? "It is not the same" : null}
        />
      )}
      {unlock.error && <ErrorAlert error={unlock.error} title="It stays locked" />}
      <div>
        <ReasonedButton type="submit" whyNot={problem} isLoading={unlock.isPending} testId="unlock">
          {unlock.isPending ? "Opening…" : isNew ? "Use this passphrase" : "Unlock"}
        </ReasonedButton>
      </div>
    </Form>
  );
}

/** The data folder is not open: what is needed to open it. */
export function LockedPage({ desk }: { desk: DeskState }) {
  const locked = desk.error?.code === "secrets_locked";
  const title = !locked
    ? "Slipway can't open its data"
    : desk.has_secret_file
      ? "Slipway is locked"
      : "Choose a passphrase";
  return (
    <PageSection isFilled isWidthLimited isCenterAligned aria-label={title}>
      <Card isLarge>
        <CardTitle component="h1">{title}</CardTitle>
        <CardBody>
          {locked ? (
            <PassphraseForm isNew={!desk.has_secret_file} />
          ) : (
            <ErrorAlert error={desk.error} title="The data folder is not open" />
          )}
          <p className="slipway-subtle slipway-below">
            Data folder: <code>{desk.data_dir}</code>
          </p>
        </CardBody>
      </Card>
    </PageSection>
  );
}
