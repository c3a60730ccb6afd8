//! Any sequence of faults.

use proptest::prelude::*;

use super::sample::{Sample, options, other_file};
use super::server::{End, Reply, Request, Server};

/// What a server does with one request.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Good,
    Cut(usize),
    IgnoreRange,
    WrongPart(usize),
    OtherFile,
    Status,
    Flipped(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Good),
        (0..300_000_usize).prop_map(Deed::Cut),
        Just(Deed::IgnoreRange),
        (0..200_000_usize).prop_map(Deed::WrongPart),
        Just(Deed::OtherFile),
        Just(Deed::Status),
        (0..200_000_usize).prop_map(Deed::Flipped),
    ]
}

fn reply(deed: Deed, file: &[u8], request: &Request) -> Reply {
    match deed {
        Deed::Good => Reply::good(file, request),
        Deed::Cut(n) => Reply::good(file, request).cut(n, End::Close),
        Deed::IgnoreRange => Reply::whole(file),
        Deed::WrongPart(start) => Reply::part(file, start),
        Deed::OtherFile => Reply::good(&other_file(), request),
        Deed::Status => Reply::status("503 Service Unavailable"),
        Deed::Flipped(index) => {
            let mut file = file.to_vec();
            file[index] ^= 1;
            Reply::good(&file, request)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever servers do, the file is there and right, or it is not there; and a good server completes it.
    #[test]
    fn file_is_right_or_not_there(deeds in prop::collection::vec(deed(), 1..12)) {
        let sample = Sample::new();
        let file = sample.file.clone();
        let server = Server::start(move |number, request| {
            reply(deeds.get(number).copied().unwrap_or(Deed::Status), &file, request)
        });
        let fetched = sample.fetch(&options(&[&server.mirror(), &server.mirror()]));
        if fetched.is_err() {
            let good = Server::good(&sample.file);
            sample.check_fetched(&options(&[&good.mirror()]), &good.mirror());
        }
    }
}
