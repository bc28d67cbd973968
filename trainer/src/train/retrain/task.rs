//! Batches of captures and composed crops, and their loss.

use std::sync::Arc;

use lens_core::manifest::Head;
use tch::{Kind, Tensor};

use crate::augment::thrown::Level;
use crate::checkpoint::Network;
use crate::labelled::task::{Batch as Captures, Costs, Order, Pictures, batches, input};
use crate::loss::Loss;
use crate::network::identifier::UNIT_EMBEDDING;
use crate::network::{Graph, Value};
use crate::recipe::Training;
use crate::train::Task;
use crate::train::identifier::{IdentifierBatch, IdentifierTask};

/// What an installed identifier is trained on.
pub struct RetrainTask {
    /// The network with the new classes.
    pub graph: Graph,
    /// Its heads.
    pub heads: Vec<Head>,
    /// How it is trained.
    pub training: Training,
    /// The captures.
    pub pictures: Arc<Pictures>,
    /// Which of them each batch has.
    pub order: Order,
    /// How mistakes on captures are weighed.
    pub costs: Costs,
    /// Composed crops beside them; without these only the heads are trained.
    pub composed: Option<IdentifierTask>,
    /// Width and height of the input.
    pub size: [u32; 2],
}

/// The samples of a step.
#[derive(Debug)]
pub struct Batch {
    captures: Captures,
    composed: Option<IdentifierBatch>,
}

impl Task for RetrainTask {
    type Batch = Batch;

    fn network(&self) -> Network {
        Network::Identifier
    }

    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn heads(&self) -> &[Head] {
        &self.heads
    }

    fn training(&self) -> Training {
        self.training
    }

    fn holds(&self, node: &str) -> bool {
        self.composed.is_none() && !self.heads.iter().any(|head| head.name == node)
    }

    fn keeps_statistics(&self) -> bool {
        true
    }

    fn wanted(&self) -> Vec<Value> {
        let heads = self.heads.iter().map(|head| head.name.as_str());
        // What the loss of composed crops reads beside the heads.
        let value =
            |name: &str| self.graph.value(name).expect("every head is a node, and so is the embedding");
        heads.chain([UNIT_EMBEDDING]).map(value).collect()
    }

    fn batches(&self) -> impl Fn(u64) -> Batch + Send + Sync + 'static {
        let captures = batches(Arc::clone(&self.pictures), self.order.clone(), Level::Train);
        let composed = self.composed.as_ref().map(Task::batches);
        move |step| Batch { captures: captures(step), composed: composed.as_ref().map(|of| of(step)) }
    }

    fn input(&self, batch: &Batch) -> Tensor {
        let captures = input(&batch.captures.pixels, self.size);
        match (&self.composed, &batch.composed) {
            (Some(task), Some(composed)) => Tensor::cat(&[captures, task.input(composed)], 0),
            _ => captures,
        }
    }

    fn loss(&self, outputs: &[Tensor], batch: &Batch) -> Loss {
        let count = batch.captures.samples.len() as i64;
        let part = |from: i64, length: i64| -> Vec<Tensor> {
            outputs.iter().map(|output| output.narrow(0, from, length)).collect()
        };
        let own = self.pictures.loss(&part(0, count), &batch.captures.samples, &self.heads, &self.costs);
        let mut parts: Vec<(String, f64)> = vec![("captures".into(), own.total.double_value(&[]))];
        let mut total = own.total;
        if let (Some(task), Some(composed)) = (&self.composed, &batch.composed) {
            let rest = outputs[0].size()[0] - count;
            let other = task.loss(&part(count, rest), composed);
            parts.push(("composed".into(), other.total.double_value(&[])));
            total = (total + other.total).to_kind(Kind::Float);
        }
        Loss { total, parts }
    }
}
