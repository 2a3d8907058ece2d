import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { UrlTabs } from "@/components/UrlTabs";
import { Checklist } from "./Checklist";
import { LocalImages } from "./LocalImages";
import { LoginsTab } from "./LoginsTab";
import { RegistryTab } from "./RegistryTab";
import { TemplateTab } from "./TemplateTab";

/** Images of RHEL image mode: those of this machine, those of a registry, and new ones. */
export function ImagesPage() {
  return (
    <>
      <PageHeader
        title="Images"
        lead="Built by podman on this machine, pushed to a registry, carried to cards by an ISO"
        actions={
          <LinkButton to="/images/build" testId="build-image">
            Build an image…
          </LinkButton>
        }
      />
      <UrlTabs
        label="Images"
        tabs={[
          { key: "local", word: "On this machine", content: () => <LocalImages /> },
          { key: "registry", word: "In a registry", content: () => <RegistryTab /> },
          { key: "logins", word: "Logins", content: () => <LoginsTab /> },
          { key: "template", word: "Template", content: () => <TemplateTab /> },
          { key: "needed", word: "What is needed", content: () => <Checklist /> },
        ]}
      />
    </>
  );
}
