//! Transfers as they go: on one connection, slow, seen, broken off, of a file that gets shorter.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use slipway_core::{
    ports::{MediaReader, MediaServer as _},
    time::ByteCount,
};
use slipway_media::Scheme;

use crate::{BOTH, Desk, pattern, readers_until, with_overlay};

/// More than the sockets between take, so that a reader who does not read holds the server up.
const LARGE: usize = 64 << 20;

#[tokio::test]
async fn progress_is_seen_while_it_goes_and_an_abandoned_transfer_is_over() {
    for scheme in BOTH {
        progress_is_seen(&Desk::over(scheme)).await;
    }
}

async fn progress_is_seen(desk: &Desk) {
    let publication = desk.publication(&pattern(LARGE), None);
    let token = publication.token.clone();
    let url = desk.server.publish(publication.clone()).await.unwrap();
    let response = desk.client().get(url.clone()).send().await.unwrap();
    let mut body = response.bytes_stream();
    body.next().await.unwrap().unwrap();
    let under_way = |r: &MediaReader| r.active && r.sent.0 > 0 && r.sent < r.total;
    readers_until(desk, &token, |r| r.first().is_some_and(under_way)).await;
    // The same publication again loses nothing.
    assert_eq!(desk.server.publish(publication).await.unwrap(), url);
    assert_eq!(desk.server.readers(&token).len(), 1);
    drop(body);
    let readers = readers_until(desk, &token, |r| !r[0].active).await;
    assert!(readers[0].sent < readers[0].total, "{readers:?}");
}

#[tokio::test]
async fn unpublishing_and_stopping_end_transfers_under_way() {
    for scheme in BOTH {
        transfers_end(&Desk::over(scheme)).await;
    }
}

async fn transfers_end(desk: &Desk) {
    let publication = desk.publication(&pattern(LARGE), None);
    let token = publication.token.clone();
    let url = desk.server.publish(publication.clone()).await.unwrap();
    let rest_fails = async |mut body: std::pin::Pin<
        Box<dyn futures::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>,
    >| {
        while let Some(chunk) = body.next().await {
            if chunk.is_err() {
                return true;
            }
        }
        false
    };
    let begin = async || {
        let response = desk.client().get(url.clone()).send().await.unwrap();
        let mut body = Box::pin(response.bytes_stream());
        body.next().await.unwrap().unwrap();
        body
    };
    let body = begin().await;
    desk.server.unpublish(&token).await;
    assert!(rest_fails(body).await);
    desk.server.publish(publication).await.unwrap();
    let body = begin().await;
    desk.server.stop(Duration::ZERO).await;
    assert!(rest_fails(body).await);
    let refused = desk.client().get(url.clone()).send().await;
    assert!(refused.is_err_and(|e| e.is_connect()));
}

#[tokio::test]
async fn connections_that_ask_nothing_keep_no_reader_from_its_bytes() {
    for scheme in BOTH {
        let desk = Desk::over(scheme);
        let bytes = pattern(LARGE);
        let url = desk.server.publish(desk.publication(&bytes, None)).await;
        let response = desk.client().get(url.unwrap()).send().await.unwrap();
        let (mut body, mut got) = (response.bytes_stream(), Vec::new());
        let mut half_open = Vec::new();
        let begun = Instant::now();
        while let Some(chunk) = body.next().await {
            got.extend_from_slice(&chunk.unwrap());
            // The server is never without one that has just come.
            half_open.push(TcpStream::connect(desk.server.bound()).unwrap());
            half_open.truncate(300);
        }
        let count = half_open.len();
        assert!(got == bytes && count > 100, "{count}");
        // Waited for one after the other, it would be 200 ms for each.
        assert!(begun.elapsed() < Duration::from_millis(100) * u32::try_from(count).unwrap());
    }
}

/// One answer on a connection that goes on: its head, and as much as that says follows.
fn answer(connection: &mut BufReader<TcpStream>, request: &str) -> (String, Vec<u8>) {
    let text = format!("{request}Host: desk\r\n\r\n");
    connection.get_mut().write_all(text.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.unwrap().parse().unwrap();
    let mut body = vec![
        0;
        if request.starts_with("HEAD") {
            0
        } else {
            length
        }
    ];
    connection.read_exact(&mut body).unwrap();
    (head, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_gets_all_kinds_of_answers_in_turn() {
    let desk = Desk::over(Scheme::Http);
    let bytes = pattern(3_000_000);
    let (offset, overlay) = (1_500_000, vec![0xEF; 65_536]);
    let expected = with_overlay(&bytes, offset, &overlay);
    let publication = desk.publication(&bytes, Some((offset as u64, overlay)));
    let token = publication.token.clone();
    let url = desk.server.publish(publication).await.unwrap();
    let bound = desk.server.bound();
    let asked = tokio::task::spawn_blocking(move || {
        let path = url.path();
        let mut connection = BufReader::new(TcpStream::connect(bound).unwrap());
        let get = format!("GET {path} HTTP/1.1\r\n");
        for round in 0..3 {
            let (head, body) = answer(&mut connection, &get);
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            assert!(body == expected, "round {round}");
            let (head, _) = answer(&mut connection, &format!("HEAD {path} HTTP/1.1\r\n"));
            assert!(head.contains("content-length: 3000000\r\n"), "{head}");
            let (head, _) = answer(&mut connection, "GET /iso/no HTTP/1.1\r\n");
            assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
            // Across the overlay's first byte, in it, across its last one, and the file's last one.
            for part in [
                1_499_990..1_500_010,
                1_510_000..1_520_000,
                1_565_000..1_566_000,
                2_999_999..3_000_000_usize,
            ] {
                let range = format!("{get}Range: bytes={}-{}\r\n", part.start, part.end - 1);
                let (head, body) = answer(&mut connection, &range);
                assert!(head.starts_with("HTTP/1.1 206 "), "{head}");
                assert!(body == expected[part.clone()], "{part:?}");
            }
        }
    });
    asked.await.unwrap();
    let whole = desk.server.readers(&token);
    assert_eq!(
        whole.iter().filter(|r| r.sent == r.total).count(),
        3,
        "{whole:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_little_at_a_time_gets_the_same() {
    for scheme in BOTH {
        let desk = Desk::over(scheme);
        let bytes = pattern(12_000_000);
        let (offset, overlay) = (4_000_000, vec![0x5A; 65_536]);
        let expected = with_overlay(&bytes, offset, &overlay);
        let publication = desk.publication(&bytes, Some((offset as u64, overlay)));
        let token = publication.token.clone();
        let url = desk.server.publish(publication).await.unwrap();
        let response = desk.client().get(url).send().await.unwrap();
        // Nothing is read yet: the sockets between are full in the middle of a part.
        readers_until(&desk, &token, |r| r[0].sent.0 > 0).await;
        let mut body = response.bytes_stream();
        let mut got = Vec::new();
        let mut before = ByteCount(0);
        while let Some(chunk) = body.next().await {
            got.extend(chunk.unwrap());
            // Others come between, and what is seen of it only grows.
            tokio::task::yield_now().await;
            let sent = desk.server.readers(&token)[0].sent;
            assert!(sent >= before && sent.0 >= got.len() as u64, "{sent:?}");
            before = sent;
        }
        assert!(got == expected, "{scheme:?}");
    }
}

#[tokio::test]
async fn a_file_that_got_shorter_ends_the_transfer_and_nothing_stands_in_for_it() {
    for scheme in BOTH {
        let desk = Desk::over(scheme);
        let bytes = vec![0xA5; 3_000_000];
        let publication = desk.publication(&bytes, None);
        let path = publication.iso_path.clone();
        let url = desk.server.publish(publication).await.unwrap();
        let shorter = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        shorter.set_len(1_700_000).unwrap();
        let response = desk.client().get(url).send().await.unwrap();
        let mut body = response.bytes_stream();
        let mut got = Vec::new();
        let ended = loop {
            match body.next().await {
                Some(Ok(chunk)) => got.extend(chunk),
                Some(Err(error)) => break error,
                None => panic!("it is not whole"),
            }
        };
        assert!(got.len() <= 1_700_000, "{} {ended}", got.len());
        assert!(got.iter().all(|byte| *byte == 0xA5), "{scheme:?}");
    }
}
