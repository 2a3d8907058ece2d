import { Alert, Form } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { SelectField } from "@/components/SelectField";
import type { IsoView } from "@/ipc/bindings";
import { usePublishIso } from "@/ipc/queries/isos";
import { useMediaAddresses } from "@/ipc/queries/studio";

const EXPIRIES = [
  { value: "", word: "Until it is taken down" },
  { value: "3600", word: "1 hour" },
  { value: "28800", word: "8 hours" },
  { value: "86400", word: "1 day" },
  { value: "604800", word: "7 days" },
] as const;

const PROTOCOLS = [
  { value: "https", word: "HTTPS" },
  { value: "http", word: "HTTP, without encryption" },
] as const;

/** Serves an ISO: where, how, how long. */
export function ServeDialog({ view, onClose }: { view: IsoView; onClose: () => void }) {
  const [address, setAddress] = useState("");
  const [protocol, setProtocol] = useState<"https" | "http">("https");
  const [expiry, setExpiry] = useState<(typeof EXPIRIES)[number]["value"]>("86400");
  const addresses = useMediaAddresses();
  const publish = usePublishIso();
  const { iso } = view;
  const options = [
    { value: "", word: "The one that leads out" },
    ...(addresses.data ?? []).map((one) => ({
      value: one.address,
      word: `${one.address} (${one.interface}${one.loopback ? ", this machine only" : ""})`,
    })),
  ];
  const serve = () =>
    publish.mutate(
      {
        iso: iso.id,
        address: address || null,
        http: protocol === "http",
        expires_in_s: expiry ? Number(expiry) : null,
      },
      { onSuccess: onClose },
    );
  return (
    <ConfirmDialog
      title={`Serve ${iso.name}`}
      confirm="Serve it"
      variant="medium"
      busy={publish.isPending}
      error={publish.error ?? addresses.error}
      onClose={onClose}
      onConfirm={serve}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        {iso.facts.contains_secrets && (
          <Alert
            isInline
            variant="warning"
            title="It contains secrets: whoever has the address can read them"
          />
        )}
        <SelectField
          id="serve-address"
          label="Address"
          value={address}
          options={options}
          onChange={setAddress}
        />
        <SelectField
          id="serve-protocol"
          label="Protocol"
          value={protocol}
          options={PROTOCOLS}
          onChange={setProtocol}
          hint="An IMC takes HTTPS only."
        />
        <SelectField
          id="serve-expiry"
          label="How long"
          value={expiry}
          options={EXPIRIES}
          onChange={setExpiry}
          hint="Afterwards it is taken down by itself. The path can't be guessed."
        />
      </Form>
    </ConfirmDialog>
  );
}
