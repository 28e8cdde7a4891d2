//! Load reports: what is read, what is refused, and that nothing a host sends does harm.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use outrider_core::LoadReport;
use outrider_features::orca::{self, OrcaError};
use proptest::prelude::*;

fn parse(text: &str) -> Result<LoadReport, OrcaError> {
    orca::parse(text.as_bytes())
}

#[test]
fn every_form_says_the_same() {
    let expected = LoadReport {
        cpu_utilization: Some(0.3),
        mem_utilization: Some(0.8),
        application_utilization: None,
        rps_fractional: Some(10.0),
        eps: Some(1.0),
        utilization: vec![("gpu".to_owned(), 0.5)],
        request_cost: vec![("db.rows".to_owned(), 12.0)],
        named_metrics: vec![("rif".to_owned(), 4.0)],
    };
    for value in [
        "TEXT cpu_utilization=0.3, mem_utilization=0.8, rps_fractional=10, eps=1, utilization.gpu=0.5, \
         request_cost.db.rows=12, named_metrics.rif=4",
        " TEXT\tcpu_utilization:0.3,mem_utilization : 0.8 ,rps_fractional:1e1,eps= 1,utilization.gpu:0.5,\
         request_cost.db.rows=12,named_metrics.rif=+4 ",
        r#"JSON {"cpu_utilization": 0.3, "mem_utilization": 0.8, "rps_fractional": 10, "eps": "1",
            "utilization": {"gpu": 0.5}, "request_cost": {"db.rows": 12}, "named_metrics": {"rif": 4}}"#,
        r#"JSON {"cpuUtilization": 0.3, "memUtilization": "0.8", "rps": "10", "eps": 1, "applicationUtilization": null,
            "utilization": {"gpu": 0.5}, "requestCost": {"db.rows": 12}, "namedMetrics": {"rif": 4}, "new": [1, {}]}"#,
    ] {
        assert_eq!(parse(value), Ok(expected.clone()), "{value}");
    }
    let message = protobuf(&expected);
    let bin = STANDARD.encode(&message);
    assert_eq!(parse(&format!("BIN {bin}")), Ok(expected.clone()));
    assert_eq!(orca::parse_bin(bin.as_bytes()), Ok(expected.clone()));
    assert_eq!(orca::parse_bin(STANDARD_NO_PAD.encode(&message).as_bytes()), Ok(expected));
}

/// What Google's own library for Python writes for one message, as bytes and as JSON.
#[test]
fn messages_of_another_encoder_are_read() {
    let message = "CTMzMzMzM9M/EZqZmZmZmek/IhIKB2RiLnJvd3MRAAAAAAAAKEAqDgoDZ3B1EQAAAAAAAOA/MQAAAAAAACRA\
        OQAAAAAAAPA/Qg4KA3JpZhEAAAAAAAAQQEkAAAAAAADQPw==";
    let json = r#"{"cpuUtilization": 0.3, "memUtilization": 0.8, "requestCost": {"db.rows": 12.0}, "utilization": {"gpu": 0.5},
        "rpsFractional": 10.0, "eps": 1.0, "namedMetrics": {"rif": 4.0}, "applicationUtilization": 0.25}"#;
    let report = parse(&format!("JSON {json}")).unwrap();
    assert_eq!(report.request_cost, [("db.rows".to_owned(), 12.0)]);
    assert_eq!((report.named("rif"), report.application_utilization), (Some(4.0), Some(0.25)));
    assert_eq!(orca::parse_bin(message.as_bytes()), Ok(report));

    let whole_rps = b"\t333333\xd3?\x18\x96\x01B\x0e\n\x03rif\x11\x00\x00\x00\x00\x00\x00\x10@";
    let report = orca::parse_bin(STANDARD.encode(whole_rps).as_bytes()).unwrap();
    assert_eq!((report.cpu_utilization, report.rps_fractional), (Some(0.3), Some(150.0)));
}

#[test]
fn bad_values_are_refused_for_what_they_are() {
    for (value, error) in [
        ("", OrcaError::UnknownForm),
        ("text cpu_utilization=1", OrcaError::UnknownForm),
        ("cpu_utilization=1", OrcaError::UnknownForm),
        ("TEXTcpu_utilization=1", OrcaError::UnknownForm),
        ("TEXT cpu_utilization", OrcaError::BadText),
        ("TEXT cpu_utilization=1,", OrcaError::BadText),
        ("TEXT cpu_utilization=", OrcaError::BadNumber),
        ("TEXT cpu_utilization=a", OrcaError::BadNumber),
        ("TEXT cpu_utilization=NaN", OrcaError::BadNumber),
        ("TEXT cpu_utilization=inf", OrcaError::BadNumber),
        ("TEXT cpu_utilization=-Infinity", OrcaError::BadNumber),
        ("TEXT cpu_utilization=1e999", OrcaError::BadNumber),
        ("TEXT cpu_utilization=0x1", OrcaError::BadNumber),
        ("TEXT cpu_utilization=-0.1", OrcaError::OutOfRange),
        ("TEXT mem_utilization=1.1", OrcaError::OutOfRange),
        ("TEXT utilization.gpu=2", OrcaError::OutOfRange),
        ("TEXT request_cost.db=-1", OrcaError::OutOfRange),
        ("TEXT eps=1,eps=1", OrcaError::Duplicate),
        ("TEXT named_metrics.a=1,named_metrics.a=2", OrcaError::Duplicate),
        ("TEXT named_metrics.=1", OrcaError::BadName),
        ("TEXT named_metrics.\u{7}=1", OrcaError::BadName),
        ("TEXT named_metrics=1", OrcaError::UnknownMetric),
        ("TEXT unknown=1", OrcaError::UnknownMetric),
        ("TEXT unknown.a=1", OrcaError::UnknownMetric),
        ("JSON", OrcaError::BadJson),
        ("JSON []", OrcaError::BadJson),
        ("JSON {} {}", OrcaError::BadJson),
        (r#"JSON {"eps": 1e999}"#, OrcaError::BadJson),
        (r#"JSON {"eps": true}"#, OrcaError::BadJson),
        (r#"JSON {"eps": "NaN"}"#, OrcaError::BadNumber),
        (r#"JSON {"eps": 1, "eps": 2}"#, OrcaError::Duplicate),
        (r#"JSON {"cpuUtilization": 1, "cpu_utilization": 1}"#, OrcaError::Duplicate),
        (r#"JSON {"named_metrics": {"a": 1, "a": 1}}"#, OrcaError::Duplicate),
        (r#"JSON {"named_metrics": 1}"#, OrcaError::BadJson),
        ("BIN %%%", OrcaError::BadBase64),
        ("BIN CQ==", OrcaError::BadProtobuf),
    ] {
        assert_eq!(parse(value), Err(error), "{value}");
    }
    let deep = format!("JSON {}1{}", r#"{"a":"#.repeat(500), "}".repeat(500));
    assert_eq!(parse(&deep), Err(OrcaError::BadJson));
    assert_eq!(parse(&format!("TEXT {}", " ".repeat(9000))), Err(OrcaError::TooLong));
    let long = format!("TEXT named_metrics.{}=1", "a".repeat(129));
    assert_eq!(parse(&long), Err(OrcaError::BadName));
    let pairs: Vec<String> = (0..65).map(|n| format!("named_metrics.m{n}=1")).collect();
    assert_eq!(parse(&format!("TEXT {}", pairs.join(","))), Err(OrcaError::TooManyMetrics));
    assert!(parse(&format!("TEXT {}", pairs[1..].join(","))).is_ok());
}

#[test]
fn bad_messages_are_refused_for_what_they_are() {
    let double = |number: u8| [&[number << 3 | 1][..], &1.0_f64.to_le_bytes()].concat();
    for (message, error) in [
        (vec![0x08, 0x01], OrcaError::BadProtobuf),    // field 1 as a varint
        (vec![0x09, 0, 0, 0], OrcaError::BadProtobuf), // cut off
        (vec![0x01], OrcaError::BadProtobuf),          // field 0
        (vec![0x0b, 0x0c], OrcaError::BadProtobuf),    // a group
        (vec![0x52, 0xff, 0xff, 0xff, 0xff, 0x7f], OrcaError::BadProtobuf), // longer than all that is left
        (vec![0xff; 11], OrcaError::BadProtobuf),      // a varint without end
        (vec![0x42, 0x02, 0x08, 0x01], OrcaError::BadProtobuf), // a key that is no string
        (vec![0x42, 0x03, 0x0a, 0x01, 0xff], OrcaError::BadName),
        (vec![0x42, 0x00], OrcaError::BadName),
        (vec![0x42, 0x06, 0x0a, 0x01, b'a', 0x0a, 0x01, b'b'], OrcaError::Duplicate),
        ([double(1), double(1)].concat(), OrcaError::Duplicate),
    ] {
        let value = STANDARD.encode(&message);
        assert_eq!(orca::parse_bin(value.as_bytes()), Err(error), "{message:x?}");
    }
    let unknown = [&[0x50, 0x01, 0x5d, 1, 2, 3, 4, 0x62, 0x01, 0xff][..], &double(7)].concat();
    let report = orca::parse_bin(STANDARD.encode(unknown).as_bytes()).unwrap();
    assert_eq!(report, LoadReport { eps: Some(1.0), ..LoadReport::default() });
}

#[test]
fn one_response_has_one_report() {
    let text = (orca::HEADER, b"TEXT eps=1".as_slice());
    let bin = (orca::HEADER_BIN, b"".as_slice());
    let other = ("content-type", b"TEXT eps=2".as_slice());
    assert_eq!(orca::from_fields([other]), Ok(None));
    assert_eq!(orca::from_fields([other, text]).unwrap().unwrap().eps, Some(1.0));
    assert_eq!(orca::from_fields([bin]), Ok(Some(LoadReport::default())));
    assert_eq!(orca::from_fields([text, bin]), Err(OrcaError::SeveralReports));
    assert_eq!(orca::from_fields([text, other, text]), Err(OrcaError::SeveralReports));
}

fn reports() -> impl Strategy<Value = LoadReport> {
    let load = || prop_oneof![Just(None), (0.0..1e9_f64).prop_map(Some), Just(Some(0.0))];
    let share = || prop_oneof![Just(None), (0.0..=1.0_f64).prop_map(Some)];
    let metrics = |values: std::ops::Range<f64>| {
        let metrics = proptest::collection::btree_map("[a-z][a-z0-9._ -]{0,20}[a-z]", values, 0..5);
        metrics.prop_map(|metrics| metrics.into_iter().collect::<Vec<_>>())
    };
    let scalars = (load(), share(), load(), load(), load());
    let groups = (metrics(0.0..1.0), metrics(0.0..1e300), metrics(-1e300..1e300));
    (scalars, groups).prop_map(|((cpu, memory, application, rps, eps), (utilization, cost, named))| LoadReport {
        cpu_utilization: cpu,
        mem_utilization: memory,
        application_utilization: application,
        rps_fractional: rps,
        eps,
        utilization,
        request_cost: cost,
        named_metrics: named,
    })
}

/// The message of `report`, as an encoder would write it.
fn protobuf(report: &LoadReport) -> Vec<u8> {
    let mut message = Vec::new();
    let double = |message: &mut Vec<u8>, number: u8, value: f64| {
        message.push(number << 3 | 1);
        message.extend(value.to_le_bytes());
    };
    let scalars = [
        (1, report.cpu_utilization),
        (2, report.mem_utilization),
        (6, report.rps_fractional),
        (7, report.eps),
        (9, report.application_utilization),
    ];
    for (number, value) in scalars {
        if let Some(value) = value {
            double(&mut message, number, value);
        }
    }
    let groups = [(4, &report.request_cost), (5, &report.utilization), (8, &report.named_metrics)];
    for (number, metrics) in groups {
        for (name, value) in metrics {
            let mut entry = vec![1 << 3 | 2, u8::try_from(name.len()).expect("names are short")];
            entry.extend(name.as_bytes());
            double(&mut entry, 2, *value);
            message.extend([number << 3 | 2, u8::try_from(entry.len()).expect("names are short")]);
            message.extend(entry);
        }
    }
    message
}

/// The JSON of `report`, as an encoder would write it.
fn json(report: &LoadReport) -> String {
    let object = |metrics: &[(String, f64)]| -> serde_json::Value {
        metrics.iter().map(|(name, value)| (name.clone(), serde_json::json!(value))).collect()
    };
    let message = serde_json::json!({
        "cpuUtilization": report.cpu_utilization,
        "mem_utilization": report.mem_utilization,
        "applicationUtilization": report.application_utilization,
        "rpsFractional": report.rps_fractional,
        "eps": report.eps,
        "utilization": object(&report.utilization),
        "requestCost": object(&report.request_cost),
        "named_metrics": object(&report.named_metrics),
    });
    format!("JSON {message}")
}

proptest! {
    #[test]
    fn what_is_written_is_read(report in reports()) {
        prop_assert_eq!(parse(&orca::to_text(&report)), Ok(report.clone()));
        prop_assert_eq!(parse(&json(&report)), Ok(report.clone()));
        let bin = STANDARD.encode(protobuf(&report));
        prop_assert_eq!(orca::parse_bin(bin.as_bytes()), Ok(report.clone()));
    }

    #[test]
    fn any_bytes_are_a_report_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in 0..4_usize) {
        let value = [[b"TEXT ", b"JSON ", b"BIN  ", b"     "][form].as_slice(), &bytes].concat();
        let _ = (orca::parse(&value), orca::parse_bin(&value));
        let _ = orca::parse_bin(STANDARD.encode(&bytes).as_bytes());
    }

    #[test]
    fn a_damaged_report_is_a_sound_report_or_an_error(report in reports(), at: usize, byte: u8) {
        let mut values = [orca::to_text(&report).into_bytes(), json(&report).into_bytes(), protobuf(&report)];
        for value in &mut values {
            if let Some(damaged) = (!value.is_empty()).then(|| at % value.len()) {
                value[damaged] = byte;
            }
        }
        let read = [
            orca::parse(&values[0]),
            orca::parse(&values[1]),
            orca::parse_bin(STANDARD.encode(&values[2]).as_bytes()),
        ];
        for report in read.into_iter().flatten() {
            let named = [&report.utilization, &report.request_cost, &report.named_metrics];
            prop_assert!(named.iter().all(|metrics| metrics.iter().all(|(_, value)| value.is_finite())));
            prop_assert!(report.cpu_utilization.is_none_or(|value| value >= 0.0 && value.is_finite()));
            prop_assert!(report.mem_utilization.is_none_or(|value| (0.0..=1.0).contains(&value)));
        }
    }
}
