import {
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  SkipToContent,
} from "@patternfly/react-core";
import { useEffect, useRef } from "react";
import { Link, Outlet, useLocation } from "react-router";
import { useChangeEvents } from "@/ipc/events";
import { useDesk } from "@/ipc/queries/app";
import { AppMasthead } from "./AppMasthead";
import { LockedPage } from "./LockedPage";

const MAIN = "main";

/** Only what works stands here. */
const PAGES: [word: string, path: string][] = [
  ["Overview", "/overview"],
  ["Cards", "/cards"],
  ["ISOs", "/isos"],
  ["Jobs", "/jobs"],
  ["Settings", "/settings"],
];

/** Pages without an own place in the navigation belong to one that has. */
const BELONGS: Record<string, string> = { "/add": "/cards", "/deploy": "/cards" };

function AppNav({ pathname }: { pathname: string }) {
  const at = BELONGS[pathname] ?? pathname;
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Pages">
          <NavList>
            {PAGES.map(([word, path]) => {
              const isActive = at === path || at.startsWith(`${path}/`);
              return (
                <NavItem key={path} itemId={path} isActive={isActive}>
                  <Link
                    to={path}
                    data-testid={`nav-${word.toLowerCase()}`}
                    aria-current={isActive ? "page" : undefined}
                  >
                    {word}
                  </Link>
                </NavItem>
              );
            })}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}

/** A new page starts at its top, and a screen reader is told so. */
function useFreshPage(pathname: string) {
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    const main = document.getElementById(MAIN);
    main?.scrollTo?.(0, 0);
    main?.focus({ preventScroll: true });
  }, [pathname]);
}

export function Layout() {
  const { pathname } = useLocation();
  const desk = useDesk();
  useChangeEvents();
  useFreshPage(pathname);
  const skip = (
    <SkipToContent
      href={`#${MAIN}`}
      onClick={(event) => {
        // The address behind the `#` is the page's.
        event.preventDefault();
        document.getElementById(MAIN)?.focus();
      }}
    >
      Skip to content
    </SkipToContent>
  );
  return (
    <Page
      masthead={<AppMasthead />}
      sidebar={<AppNav pathname={pathname} />}
      skipToContent={skip}
      mainContainerId={MAIN}
      mainTabIndex={-1}
      isManagedSidebar
      isContentFilled
    >
      {desk.data && !desk.data.open ? <LockedPage desk={desk.data} /> : <Outlet />}
    </Page>
  );
}
