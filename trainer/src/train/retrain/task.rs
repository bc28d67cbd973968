//! Batches of captures and composed crops, and their loss.

use std::collections::BTreeMap;
use std::sync::Arc;

use lens_core::manifest::Head;
use tch::{Kind, Tensor};

use crate::checkpoint::Network;
use crate::data::augment::sample::Level;
use crate::model::network::identifier::UNIT_EMBEDDING;
use crate::model::network::torch::Module;
use crate::model::network::{Graph, Value};
use crate::recipe::training::Plan;
use crate::train::epoch::Validation;
use crate::train::identifier::{IdentifierBatch, IdentifierTask};
use crate::train::labelled::pictures::{Batch as Captures, Costs, Order, Pictures, batches, input};
use crate::train::loss::Loss;
use crate::train::{Task, TaskSpec};

/// What an installed identifier is trained on.
#[derive(Debug)]
pub struct RetrainTask {
    /// The network with the new classes.
    pub graph: Graph,
    /// Its heads.
    pub heads: Vec<Head>,
    /// How it is trained.
    pub plan: Plan,
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

impl RetrainTask {
    /// The captures of each step, without the composed crops.
    pub(super) fn capture_batches(&self) -> impl Fn(u64) -> Captures + use<> {
        batches(Arc::clone(&self.pictures), self.order.clone(), Level::Train)
    }
}

impl Task for RetrainTask {
    type Batch = Batch;

    fn spec(&self) -> TaskSpec {
        let is_head = |name: &str| self.heads.iter().any(|head| head.name == name);
        let nodes = self.graph.nodes.iter().map(|node| &node.name);
        let frozen: BTreeMap<String, f64> = match self.composed {
            Some(_) => BTreeMap::new(),
            None => nodes.filter(|name| !is_head(name)).map(|name| (name.clone(), 0.0)).collect(),
        };
        TaskSpec {
            network: Network::Identifier,
            graph: self.graph.clone(),
            heads: self.heads.clone(),
            // Both models are compared when the time is over; there are no epochs.
            plan: Plan { epochs: None, scheduler: None, ..self.plan },
            learning_rates: frozen,
            frozen_batch_norm: true,
        }
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

    fn validate(&self, _: &Module) -> Validation {
        Validation::default()
    }
}
