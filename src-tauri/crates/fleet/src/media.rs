//! The desk's ISO servers: one per local address, started when first needed, on the same port
//! again after a restart, so that a URL that an IMC was given stays true.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use slipway_core::{
    failure::{FailureKind, StepError},
    ports::{Clock, MediaReader, MediaServer, Publication},
};
use slipway_media::{CertificateAuthority, IsoServer, Scheme};
use slipway_store::Store;

/// One server for each address and scheme.
type Servers = HashMap<(IpAddr, Scheme), Arc<IsoServer>>;

/// All servers of this process.
#[derive(Clone)]
pub struct MediaDesk {
    ca: CertificateAuthority,
    store: Store,
    clock: Arc<dyn Clock>,
    fixed: Option<IpAddr>,
    servers: Arc<tokio::sync::Mutex<Servers>>,
    /// Where each token is served, for questions that can't wait.
    places: Arc<Mutex<HashMap<String, Arc<IsoServer>>>>,
}

impl MediaDesk {
    pub fn new(
        ca: CertificateAuthority,
        store: Store,
        clock: Arc<dyn Clock>,
        fixed: Option<IpAddr>,
    ) -> Self {
        Self {
            ca,
            store,
            clock,
            fixed,
            servers: Arc::default(),
            places: Arc::default(),
        }
    }

    pub(crate) fn authority(&self) -> &CertificateAuthority {
        &self.ca
    }

    /// The view of one card: the address under which its IMC sees us.
    pub async fn towards(
        &self,
        imc: &slipway_core::address::Address,
    ) -> Result<CardMedia, StepError> {
        let address = match self.fixed {
            Some(address) => address,
            None => local_address_towards(imc).await?,
        };
        Ok(CardMedia {
            desk: self.clone(),
            address,
        })
    }

    /// Where to serve what is for nobody in particular: the address that leads out of this
    /// machine, or loopback where none does.
    pub async fn outward(&self) -> IpAddr {
        if let Some(address) = self.fixed {
            return address;
        }
        // TEST-NET-1: it is asked which way leads there, and nothing is sent.
        let somewhere = slipway_core::address::Address {
            host: "192.0.2.1".into(),
            port: 9,
        };
        local_address_towards(&somewhere)
            .await
            .unwrap_or(std::net::Ipv4Addr::LOCALHOST.into())
    }

    pub async fn server(
        &self,
        address: IpAddr,
        scheme: Scheme,
    ) -> Result<Arc<IsoServer>, StepError> {
        let mut servers = self.servers.lock().await;
        if let Some(server) = servers.get(&(address, scheme)) {
            return Ok(server.clone());
        }
        let setting = match scheme {
            Scheme::Https => format!("media.port.{address}"),
            Scheme::Http => format!("media.http-port.{address}"),
        };
        let local = |error: slipway_store::StoreError| {
            StepError::new(FailureKind::Local, error.to_string())
        };
        let port = self
            .store
            .setting::<u16>(&setting)
            .await
            .map_err(local)?
            .unwrap_or(0);
        let server = IsoServer::start(
            SocketAddr::new(address, port),
            &address.to_string(),
            scheme,
            &self.ca,
            self.clock.clone(),
        )?;
        self.store
            .set_setting(&setting, &server.bound().port())
            .await
            .map_err(local)?;
        let server = Arc::new(server);
        servers.insert((address, scheme), server.clone());
        Ok(server)
    }

    /// `https://host:port` of everything that serves, `http://` where that was wanted.
    pub async fn addresses(&self) -> Vec<String> {
        self.servers
            .lock()
            .await
            .values()
            .map(|s| s.origin())
            .collect()
    }

    pub async fn publish_on(
        &self,
        address: IpAddr,
        scheme: Scheme,
        publication: Publication,
    ) -> Result<url::Url, StepError> {
        let server = self.server(address, scheme).await?;
        let token = publication.token.clone();
        let url = server.publish(publication).await?;
        if let Ok(mut places) = self.places.lock() {
            places.insert(token, server);
        }
        Ok(url)
    }

    fn place(&self, token: &str) -> Option<Arc<IsoServer>> {
        self.places.lock().ok()?.get(token).cloned()
    }

    pub async fn unpublish(&self, token: &str) {
        let place = self
            .places
            .lock()
            .ok()
            .and_then(|mut places| places.remove(token));
        if let Some(server) = place {
            server.unpublish(token).await;
        }
    }

    pub fn readers(&self, token: &str) -> Vec<MediaReader> {
        self.place(token)
            .map(|server| server.readers(token))
            .unwrap_or_default()
    }
}

/// The media server as one card's IMC sees it.
pub struct CardMedia {
    desk: MediaDesk,
    address: IpAddr,
}

#[async_trait]
impl MediaServer for CardMedia {
    async fn publish(&self, publication: Publication) -> Result<url::Url, StepError> {
        // An IMC takes nothing else.
        let scheme = Scheme::Https;
        self.desk
            .publish_on(self.address, scheme, publication)
            .await
    }

    async fn unpublish(&self, token: &str) {
        self.desk.unpublish(token).await;
    }

    fn readers(&self, token: &str) -> Vec<MediaReader> {
        self.desk.readers(token)
    }

    fn ca_certificate_pem(&self) -> String {
        self.desk.ca.certificate_pem().to_owned()
    }
}

/// The address that packets to the peer would leave from: connecting a UDP socket asks the routing
/// table and sends nothing.
async fn local_address_towards(imc: &slipway_core::address::Address) -> Result<IpAddr, StepError> {
    let unreachable = |error: std::io::Error| {
        StepError::new(
            FailureKind::Unreachable,
            format!("no way from here to {imc}"),
        )
        .because(error.to_string())
        .transient()
    };
    let peer = tokio::net::lookup_host((imc.host.as_str(), imc.port))
        .await
        .map_err(unreachable)?
        .next()
        .ok_or_else(|| {
            StepError::new(FailureKind::Unreachable, format!("{imc} has no address")).transient()
        })?;
    let any: SocketAddr = if peer.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let socket = tokio::net::UdpSocket::bind(any)
        .await
        .map_err(unreachable)?;
    socket.connect(peer).await.map_err(unreachable)?;
    Ok(socket.local_addr().map_err(unreachable)?.ip())
}
