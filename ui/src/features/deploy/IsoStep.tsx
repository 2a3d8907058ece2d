import {
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  Gallery,
  GalleryItem,
} from "@patternfly/react-core";
import { Digest } from "@/components/Digest";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import type { IsoId, IsoView } from "@/ipc/bindings";
import { useIsos } from "@/ipc/queries/isos";
import { bytes, sentence } from "@/lib/format";

type ChoiceProps = { view: IsoView; chosen: boolean; onChoose: () => void };

function IsoChoice({ view, chosen, onChoose }: ChoiceProps) {
  const { iso, why_not_deployable: whyNot } = view;
  const id = `iso-${iso.id}`;
  return (
    <Card isSelectable isSelected={chosen} isDisabled={whyNot !== null} isFullHeight id={id}>
      <CardHeader
        selectableActions={{
          selectableActionId: `${id}-choice`,
          selectableActionAriaLabelledby: `${id}-title`,
          name: "iso",
          variant: "single",
          isChecked: chosen,
          onChange: onChoose,
        }}
      >
        <CardTitle id={`${id}-title`} component="h3">
          {iso.name}
        </CardTitle>
      </CardHeader>
      <CardBody>
        <Facts
          columns={{ default: "2Col" }}
          facts={[
            ["Version", iso.facts.image_version],
            [
              "Image digest",
              iso.facts.image_digest && <Digest digest={iso.facts.image_digest} copy={false} />,
            ],
            [
              "Followed afterwards",
              iso.facts.image_reference && <code>{iso.facts.image_reference}</code>,
            ],
            ["Size", bytes(iso.facts.size)],
          ]}
        />
        {whyNot && <p className="slipway-subtle">{sentence(whyNot)}</p>}
      </CardBody>
    </Card>
  );
}

type Props = { chosen: IsoId | null; onChange: (iso: IsoId) => void };

/** Which ISO the cards are installed from. */
export function IsoStep({ chosen, onChange }: Props) {
  const { data: isos, error, refetch } = useIsos();
  if (error)
    return <ErrorAlert error={error} title="The ISOs could not be read" onRetry={refetch} />;
  if (!isos) return <Loading words="Reading the library" rows={4} />;
  if (isos.length === 0) {
    return (
      <EmptyState headingLevel="h2" titleText="No ISOs yet" variant="sm">
        <EmptyStateBody>Import one first. What you chose here is kept.</EmptyStateBody>
        <EmptyStateFooter>
          <LinkButton to="/isos">Go to ISOs</LinkButton>
        </EmptyStateFooter>
      </EmptyState>
    );
  }
  return (
    <Gallery
      hasGutter
      minWidths={{ default: "100%", md: "380px" }}
      role="radiogroup"
      aria-label="ISO"
    >
      {isos.map((view) => (
        <GalleryItem key={view.iso.id}>
          <IsoChoice
            view={view}
            chosen={view.iso.id === chosen}
            onChoose={() => onChange(view.iso.id)}
          />
        </GalleryItem>
      ))}
    </Gallery>
  );
}
