//! Many simulated BMCs: each a port of its own with TLS, 12 resources and a session service, and
//! every answer after the same latency.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::ServerSessionMemoryCache,
};
use serde_json::{Value, json};
use slipway_redfish::tls;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time,
};
use tokio_rustls::TlsAcceptor;

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

#[derive(Default)]
struct Counts {
    requests: AtomicU32,
    handshakes: AtomicU32,
    open_sessions: AtomicU32,
    /// Of all BMCs.
    most_in_flight: AtomicUsize,
}

struct Fleet {
    /// Of each resource, by its path: what is sent, head and all.
    answers: HashMap<String, Vec<u8>>,
    latency: Duration,
    counts: Counts,
}

/// Writes `certificate.pem`, `fingerprint` and `ports` into the folder, prints `ready`, and then
/// the counts at each line on standard input, which begin anew with it. Ends with standard input.
pub async fn serve(bmcs: usize, latency_ms: u64, folder: PathBuf) {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("certificate.pem", certificate.pem());
    write(
        "fingerprint",
        tls::fingerprint(certificate.der()).to_string(),
    );
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    // All BMCs share a memory for sessions here; each real one has its own, which forgets none.
    config.session_storage = ServerSessionMemoryCache::new(8 * bmcs);
    // Each connection gets what one more needs.
    config.send_tls13_tickets = 1;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let fleet = Arc::new(Fleet {
        answers: answers(),
        latency: Duration::from_millis(latency_ms),
        counts: Counts::default(),
    });
    let mut ports = Vec::new();
    for _ in 0..bmcs {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        ports.push(listener.local_addr().unwrap().port().to_string());
        tokio::spawn(bmc(listener, acceptor.clone(), fleet.clone()));
    }
    write("ports", ports.join("\n"));
    println!("ready {bmcs}");
    let asked = || {
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .is_ok_and(|read| read > 0)
    };
    while tokio::task::spawn_blocking(asked).await.unwrap() {
        let counts = &fleet.counts;
        println!("requests {}", counts.requests.swap(0, Ordering::SeqCst));
        println!("handshakes {}", counts.handshakes.swap(0, Ordering::SeqCst));
        println!(
            "open_sessions {}",
            counts.open_sessions.swap(0, Ordering::SeqCst)
        );
        println!(
            "most_in_flight {}",
            counts.most_in_flight.swap(0, Ordering::SeqCst)
        );
        println!("end 0");
    }
}

async fn bmc(listener: TcpListener, acceptor: TlsAcceptor, fleet: Arc<Fleet>) {
    let in_flight = Arc::new(AtomicUsize::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, fleet, in_flight) = (acceptor.clone(), fleet.clone(), in_flight.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            connection(stream, acceptor, &fleet, &in_flight).await
        });
    }
}

async fn connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    fleet: &Fleet,
    in_flight: &AtomicUsize,
) -> Option<()> {
    let stream = acceptor.accept(stream).await.ok()?;
    let counts = &fleet.counts;
    counts.handshakes.fetch_add(1, Ordering::SeqCst);
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let now = in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most_in_flight.fetch_max(now, Ordering::SeqCst);
        counts.requests.fetch_add(1, Ordering::SeqCst);
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut length, mut known) = (0, false);
        loop {
            line.clear();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            if is("content-length") {
                length = value.trim().parse().ok()?;
            } else if is("authorization") || is("x-auth-token") {
                known = true;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        time::sleep(fleet.latency).await;
        let answer = answer(fleet, &method, &path, known);
        in_flight.fetch_sub(1, Ordering::SeqCst);
        stream.write_all(answer).await.ok()?;
        stream.flush().await.ok()?;
    }
}

const SESSION_MADE: &[u8] = b"HTTP/1.1 201 Created\r\nX-Auth-Token: t\r\n\
    Location: /redfish/v1/SessionService/Sessions/1\r\n\
    Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
const SESSION_ENDED: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const UNAUTHORIZED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

fn answer<'a>(fleet: &'a Fleet, method: &str, path: &str, known: bool) -> &'a [u8] {
    let path = path.trim_end_matches('/');
    let sessions = &fleet.counts.open_sessions;
    match (method, fleet.answers.get(path)) {
        ("POST", _) if path == SESSIONS => {
            sessions.fetch_add(1, Ordering::SeqCst);
            SESSION_MADE
        }
        ("DELETE", _) if path.starts_with(SESSIONS) => {
            sessions.fetch_sub(1, Ordering::SeqCst);
            SESSION_ENDED
        }
        ("GET", Some(answer)) if known || path == "/redfish/v1" => answer,
        ("GET", Some(_)) => UNAUTHORIZED,
        _ => NOT_FOUND,
    }
}

/// Twelve resources; the longest chain of links has six: a drive is behind root, systems, system,
/// storages and storage.
fn answers() -> HashMap<String, Vec<u8>> {
    let link = |path: &str| json!({"@odata.id": format!("/redfish/v1{path}")});
    let all = |kind: &str, path: &str| {
        json!({"@odata.type": format!("#{kind}Collection.{kind}Collection"),
            "Name": kind, "Members@odata.count": 1, "Members": [link(path)]})
    };
    let system = "/Systems/1";
    let resources: Vec<(&str, Value)> = vec![
        (
            "",
            json!({"@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "RootService",
            "Name": "Root Service", "RedfishVersion": "1.6.0", "Vendor": "ACME",
            "UUID": "00000000-0000-0000-0000-000000000001", "Systems": link("/Systems"),
            "Managers": link("/Managers"), "Chassis": link("/Chassis"),
            "SessionService": link("/SessionService"),
            "Links": {"Sessions": link("/SessionService/Sessions")}}),
        ),
        ("/Systems", all("ComputerSystem", system)),
        (
            system,
            json!({"@odata.type": "#ComputerSystem.v1_13_0.ComputerSystem", "Id": "1",
            "Name": "System", "Manufacturer": "ACME", "Model": "X1", "SerialNumber": "S1",
            "PowerState": "On", "SystemType": "Physical", "BiosVersion": "1.0",
            "Status": {"State": "Enabled", "Health": "OK"},
            "MemorySummary": {"TotalSystemMemoryGiB": 64}, "ProcessorSummary": {"Count": 2},
            "Boot": {"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None",
                "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Cd", "Pxe"]},
            "Actions": {"#ComputerSystem.Reset": {"target": "/redfish/v1/Systems/1/Reset",
                "ResetType@Redfish.AllowableValues": ["On", "ForceOff"]}},
            "Storage": link("/Systems/1/Storage")}),
        ),
        ("/Systems/1/Storage", all("Storage", "/Systems/1/Storage/1")),
        (
            "/Systems/1/Storage/1",
            json!({"@odata.type": "#Storage.v1_8_0.Storage", "Id": "1",
            "Name": "Storage", "Drives": [link("/Systems/1/Storage/1/Drives/1")]}),
        ),
        (
            "/Systems/1/Storage/1/Drives/1",
            json!({"@odata.type": "#Drive.v1_8_0.Drive",
            "Id": "1", "Name": "Drive", "Model": "D1", "SerialNumber": "D1",
            "CapacityBytes": 480_103_980_544_u64, "MediaType": "SSD", "Protocol": "SATA",
            "Status": {"State": "Enabled", "Health": "OK"}}),
        ),
        ("/Managers", all("Manager", "/Managers/1")),
        (
            "/Managers/1",
            json!({"@odata.type": "#Manager.v1_5_0.Manager", "Id": "1",
            "Name": "Manager", "ManagerType": "BMC", "FirmwareVersion": "1.0",
            "UUID": "00000000-0000-0000-0000-000000000002",
            "Status": {"State": "Enabled", "Health": "OK"},
            "Actions": {"#Manager.Reset": {"target": "/redfish/v1/Managers/1/Reset",
                "ResetType@Redfish.AllowableValues": ["ForceRestart"]}},
            "VirtualMedia": link("/Managers/1/VirtualMedia")}),
        ),
        (
            "/Managers/1/VirtualMedia",
            all("VirtualMedia", "/Managers/1/VirtualMedia/1"),
        ),
        (
            "/Managers/1/VirtualMedia/1",
            json!({"@odata.type": "#VirtualMedia.v1_3_0.VirtualMedia",
            "Id": "1", "Name": "CD", "MediaTypes": ["CD"], "Inserted": false, "Image": null,
            "Actions": {"#VirtualMedia.InsertMedia": {"target": "/redfish/v1/Insert"}}}),
        ),
        ("/Chassis", all("Chassis", "/Chassis/1")),
        (
            "/Chassis/1",
            json!({"@odata.type": "#Chassis.v1_14_0.Chassis", "Id": "1",
            "Name": "Chassis", "ChassisType": "RackMount", "Manufacturer": "ACME",
            "SerialNumber": "C1", "Status": {"State": "Enabled", "Health": "OK"}}),
        ),
    ];
    assert_eq!(resources.len(), 12);
    let whole = resources.into_iter().map(|(path, mut body)| {
        let path = format!("/redfish/v1{path}");
        body["@odata.id"] = json!(path);
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        (path, answer.into_bytes())
    });
    whole.collect()
}
