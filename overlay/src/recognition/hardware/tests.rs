//! Which provider is chosen, and what is kept of it, by timings of no machine.

use super::*;

fn timing(provider: Provider, millis: f32, processor_millis: f32) -> Timing {
    Timing { provider, millis, processor_millis, opening_millis: 1.0, stages: Vec::new(), difference: 0.0 }
}

fn record(model: &str, timings: Vec<Timing>) -> Record {
    let key = Key { runtime: "r".into(), driver: "d".into(), model: model.into(), threads: 2 };
    let refused = Vec::new();
    Record { key, model_name: "m".into(), measured_at: 1, timings, refused, failed: None }
}

#[test]
fn a_card_gets_the_work_only_where_it_is_clearly_better() {
    let processor = timing(Provider::Cpu, 8.0, 8.0);
    for (cards, wanted) in [
        (vec![], Provider::Cpu),
        (vec![timing(Provider::WebGpu, 4.0, 2.0)], Provider::WebGpu),
        // Hardly faster, and the card has a game to draw.
        (vec![timing(Provider::WebGpu, 7.0, 2.0)], Provider::Cpu),
        (vec![timing(Provider::WebGpu, 300.0, 280.0)], Provider::Cpu),
        // Faster, but a processor waits for it awake, with others.
        (vec![timing(Provider::Cuda, 4.0, 9.0)], Provider::Cpu),
        (vec![timing(Provider::WebGpu, 4.0, 2.0), timing(Provider::Cuda, 3.0, 3.0)], Provider::Cuda),
    ] {
        let mut timings = vec![processor.clone()];
        timings.extend(cards);
        assert_eq!(choose(timings.iter()), wanted, "{timings:?}");
    }
    assert_eq!(choose([timing(Provider::Cuda, 1.0, 1.0)].iter()), Provider::Cpu, "beside what?");
}

#[test]
fn a_card_that_failed_is_not_chosen_again() {
    let timings = vec![
        timing(Provider::Cpu, 8.0, 8.0),
        timing(Provider::Cuda, 3.0, 1.0),
        timing(Provider::WebGpu, 4.0, 1.0),
    ];
    let mut record = record("m", timings);
    assert_eq!(record.order(), [Provider::Cuda, Provider::Cpu]);
    assert_eq!(record.to_string(), "CUDA 3.0 ms, CPU 8.0 ms, WebGPU 4.0 ms");
    record.failed = Some(Failure { provider: Provider::Cuda, reason: "lost".into(), at: 1 });
    assert_eq!(record.chosen(), Provider::WebGpu);
    assert_eq!(record.to_string(), "WebGPU 4.0 ms, CPU 8.0 ms, CUDA 3.0 ms; CUDA failed");
}

#[test]
fn a_record_holds_for_its_runtime_driver_model_and_threads_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("new/hardware.json"));
    assert!(store.records().is_empty());
    let first = record("m", vec![timing(Provider::Cpu, 8.0, 8.0)]);
    store.put(first.clone()).unwrap();
    assert_eq!(store.find(&first.key), Some(first.clone()));
    for change in [
        |key: &mut Key| key.runtime.push('2'),
        |key: &mut Key| key.driver.push('2'),
        |key: &mut Key| key.model.push('2'),
        |key: &mut Key| key.threads += 1,
    ] {
        let mut key = first.key.clone();
        change(&mut key);
        assert_eq!(store.find(&key), None, "{key:?}");
    }
    let again = Record { measured_at: 2, ..first.clone() };
    store.put(again.clone()).unwrap();
    assert_eq!(store.records(), [again], "it takes the place of the first");
    for number in 0..2 * MAX_RECORDS {
        store.put(record(&number.to_string(), Vec::new())).unwrap();
    }
    assert_eq!(store.records().len(), MAX_RECORDS);
    std::fs::write(folder.path().join("new/hardware.json"), "{").unwrap();
    assert!(store.records().is_empty(), "what is broken is measured again");
}
