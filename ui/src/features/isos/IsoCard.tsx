import {
  Alert,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardHeader,
  CardTitle,
  Flex,
  Label,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import GlobeIcon from "@patternfly/react-icons/dist/esm/icons/globe-icon";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { LinkButton } from "@/components/LinkButton";
import { ReasonedButton } from "@/components/ReasonedButton";
import { SecretsLabel } from "@/components/SecretsLabel";
import type { IsoView } from "@/ipc/bindings";
import { useRemoveIso } from "@/ipc/queries/isos";
import { sentence } from "@/lib/format";
import { BundleDialog } from "./BundleDialog";
import { IsoFactsList } from "./IsoFactsList";
import { PublicationItem } from "./PublicationItem";
import { ReservedMemoryDialog } from "./ReservedMemoryDialog";
import { ServeDialog } from "./ServeDialog";
import { VerifyDialog } from "./VerifyDialog";

type RemoveProps = { view: IsoView; onClose: () => void };

function RemoveDialog({ view, onClose }: RemoveProps) {
  const remove = useRemoveIso();
  return (
    <ConfirmDialog
      title={`Remove ${view.iso.name}?`}
      confirm="Remove from the library"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(view.iso.id, { onSuccess: onClose })}
    >
      Slipway forgets the ISO and takes it off the server. The file stays where it is:{" "}
      <code>{view.iso.path}</code>
    </ConfirmDialog>
  );
}

function Badges({ view }: { view: IsoView }) {
  const served = view.publications.length > 0;
  return (
    <Flex columnGap={{ default: "columnGapSm" }}>
      {view.why_not_deployable === null ? (
        <Label color="green" icon={<CheckCircleIcon />} isCompact>
          Deployable
        </Label>
      ) : (
        <Label color="grey" icon={<BanIcon />} isCompact title={view.why_not_deployable}>
          Not deployable
        </Label>
      )}
      {view.iso.facts.contains_secrets && <SecretsLabel />}
      {served && (
        <Label color="blue" icon={<GlobeIcon />} isCompact>
          Served
        </Label>
      )}
    </Flex>
  );
}

/** One ISO: what is inside, where it is served, who reads it. */
export function IsoCard({ view }: { view: IsoView }) {
  const { iso, publications } = view;
  const [open, setOpen] = useState<"serve" | "verify" | "bundle" | "memory" | "remove" | null>(
    null,
  );
  const close = () => setOpen(null);
  const plainServed = publications.some((publication) => publication.job === null);
  const inUse = publications.some((publication) => publication.job !== null);
  return (
    <Card isFullHeight data-testid={`iso-row-${iso.name}`}>
      <CardHeader actions={{ hasNoOffset: true, actions: <Badges view={view} /> }}>
        <CardTitle component="h2">{iso.name}</CardTitle>
      </CardHeader>
      <CardBody>
        <Stack hasGutter>
          {view.why_not_deployable && (
            <Alert isInline isPlain variant="warning" title={sentence(view.why_not_deployable)} />
          )}
          {view.warnings.map((warning) => (
            <Alert key={warning} isInline isPlain variant="warning" title={sentence(warning)} />
          ))}
          <StackItem>
            <IsoFactsList iso={iso} />
          </StackItem>
          {publications.map((publication) => (
            <PublicationItem key={publication.file_name} publication={publication} />
          ))}
        </Stack>
      </CardBody>
      <CardFooter>
        <Flex columnGap={{ default: "columnGapSm" }}>
          {view.why_not_deployable === null && (
            <LinkButton variant="secondary" to={`/deploy?iso=${iso.id}`}>
              Deploy…
            </LinkButton>
          )}
          {!plainServed && (
            <Button variant="secondary" onClick={() => setOpen("serve")}>
              Serve…
            </Button>
          )}
          <Button variant="secondary" onClick={() => setOpen("verify")}>
            Verify
          </Button>
          <Button variant="secondary" onClick={() => setOpen("bundle")}>
            Bundle…
          </Button>
          {view.needs_reserved_memory && (
            <Button variant="secondary" onClick={() => setOpen("memory")}>
              Reserved memory…
            </Button>
          )}
          <ReasonedButton
            variant="secondary"
            isDanger
            whyNot={inUse ? "A deployment uses it" : null}
            onClick={() => setOpen("remove")}
          >
            Remove…
          </ReasonedButton>
        </Flex>
      </CardFooter>
      {open === "serve" && <ServeDialog view={view} onClose={close} />}
      {open === "verify" && <VerifyDialog iso={iso} onClose={close} />}
      {open === "bundle" && <BundleDialog iso={iso} onClose={close} />}
      {open === "memory" && <ReservedMemoryDialog name={iso.name} onClose={close} />}
      {open === "remove" && <RemoveDialog view={view} onClose={close} />}
    </Card>
  );
}
