//! Reads the part of Python's pickles that `torch.save` needs for a dictionary of tensors, and runs
//! nothing: what a pickle would call is either known here or stays an opaque thing.
//!
//! The opcodes are those of `CPython`'s `pickletools`, protocols 0 to 5. Where a tensor's numbers
//! are
//! is another file's matter ([`state_dict`](super::state_dict)).

use std::collections::BTreeMap;
use std::rc::Rc;

/// A value of Python.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Int(i64),
    Text(Rc<str>),
    Tuple(Rc<Vec<Self>>),
    /// A list or dictionary, by its place in [`Pickle::lists`] or [`Pickle::dicts`].
    List(usize),
    Dict(usize),
    /// `module.name`.
    Global(Rc<str>),
    Storage(Rc<Storage>),
    Tensor(Rc<Placed>),
    /// Anything else.
    Other,
}

/// Numbers of a tensor, or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// As Python calls its class: `FloatStorage`.
    pub(super) class: String,
    /// Which one.
    pub(super) key: String,
}

/// A tensor, and where its numbers are in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) storage: Rc<Storage>,
    pub(super) offset: usize,
    pub(super) size: Vec<usize>,
    pub(super) stride: Vec<usize>,
}

/// What a pickle holds.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) value: Value,
    lists: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
    /// How many bytes it has: others may follow.
    pub(super) length: usize,
}

/// Why a pickle cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PickleError {
    #[error("it is cut off")]
    CutOff,
    #[error("it is no pickle that `torch.save` writes (opcode {0:#04x})")]
    Opcode(u8),
    #[error("it is damaged")]
    Damaged,
}

use PickleError::{CutOff, Damaged};

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: BTreeMap<u64, Value>,
    lists: Vec<Vec<Value>>,
    dicts: Vec<Vec<(Value, Value)>>,
}

/// Reads the pickle that the bytes begin with.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, PickleError> {
    let mut machine = Machine {
        bytes,
        at: 0,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: BTreeMap::new(),
        lists: Vec::new(),
        dicts: Vec::new(),
    };
    while machine.step()? {}
    let value = machine.pop()?;
    Ok(Pickle { value, lists: machine.lists, dicts: machine.dicts, length: machine.at })
}

impl Pickle {
    /// The entries of a dictionary that have texts as keys.
    pub(super) fn entries(&self, value: &Value) -> Vec<(&str, &Value)> {
        let Value::Dict(at) = value else { return Vec::new() };
        let mut named = Vec::new();
        for (key, value) in &self.dicts[*at] {
            if let Value::Text(key) = key {
                named.push((&**key, value));
            }
        }
        named
    }

    /// The texts of a list.
    pub(super) fn texts(&self, value: &Value) -> Vec<&str> {
        let Value::List(at) = value else { return Vec::new() };
        self.lists[*at]
            .iter()
            .filter_map(|it| if let Value::Text(text) = it { Some(&**text) } else { None })
            .collect()
    }
}

impl Machine<'_> {
    /// Does one step; false at the end.
    fn step(&mut self) -> Result<bool, PickleError> {
        match self.byte()? {
            b'.' => return Ok(false),
            0x80 => drop(self.byte()?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.since_mark()?),
            b'2' => self.stack.push(self.stack.last().ok_or(Damaged)?.clone()),
            b'N' | 0x88 | 0x89 => self.stack.push(Value::Other),
            b'G' => {
                self.take(8)?;
                self.stack.push(Value::Other);
            }
            b'F' => {
                self.line()?;
                self.stack.push(Value::Other);
            }
            b'J' => {
                let bytes = self.take(4)?;
                let number = i32::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?);
                self.stack.push(Value::Int(i64::from(number)));
            }
            b'K' => {
                let number = self.number(1)?;
                self.stack.push(Value::Int(number as i64));
            }
            b'M' => {
                let number = self.number(2)?;
                self.stack.push(Value::Int(number as i64));
            }
            b'I' | b'L' => {
                let line = self.line()?;
                let number = line.trim_end_matches('L').parse();
                self.stack.push(number.map_or(Value::Other, Value::Int));
            }
            0x8a => {
                let length = self.byte()?;
                let bytes = self.take(usize::from(length))?;
                let mut number = 0_i64;
                for (place, byte) in bytes.iter().take(8).enumerate() {
                    number |= i64::from(*byte) << (8 * place);
                }
                let value = if bytes.len() > 8 { Value::Other } else { Value::Int(number) };
                self.stack.push(value);
            }
            b'X' | b'T' => self.text(4)?,
            0x8c | b'U' => self.text(1)?,
            0x8d => self.text(8)?,
            b'V' | b'S' => {
                let line = self.line()?;
                self.stack.push(Value::Text(line.trim_matches(['\'', '"']).into()));
            }
            b'B' => self.skipped(4)?,
            b'C' => self.skipped(1)?,
            0x8e | 0x96 => self.skipped(8)?,
            b']' => {
                self.lists.push(Vec::new());
                self.stack.push(Value::List(self.lists.len() - 1));
            }
            b'}' => {
                self.dicts.push(Vec::new());
                self.stack.push(Value::Dict(self.dicts.len() - 1));
            }
            0x8f => self.stack.push(Value::Other),
            b')' => self.stack.push(Value::Tuple(Rc::default())),
            b't' => {
                let all = self.since_mark()?;
                self.stack.push(Value::Tuple(Rc::new(all)));
            }
            code @ 0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or(Damaged)?;
                let all = self.stack.split_off(from);
                self.stack.push(Value::Tuple(Rc::new(all)));
            }
            b'l' => {
                let all = self.since_mark()?;
                self.lists.push(all);
                self.stack.push(Value::List(self.lists.len() - 1));
            }
            b'd' => {
                let all = self.since_mark()?;
                self.dicts.push(paired(all));
                self.stack.push(Value::Dict(self.dicts.len() - 1));
            }
            b'a' => {
                let value = self.pop()?;
                self.append(vec![value]);
            }
            b'e' | 0x90 => {
                let all = self.since_mark()?;
                self.append(all);
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(vec![key, value]);
            }
            b'u' => {
                let all = self.since_mark()?;
                self.set(all);
            }
            b'q' => {
                let place = self.number(1)?;
                self.remember(place)?;
            }
            b'r' => {
                let place = self.number(4)?;
                self.remember(place)?;
            }
            b'p' => {
                let place = self.line()?.parse().map_err(|_| Damaged)?;
                self.remember(place)?;
            }
            0x94 => self.remember(self.memo.len() as u64)?,
            b'h' => {
                let place = self.number(1)?;
                self.recall(place)?;
            }
            b'j' => {
                let place = self.number(4)?;
                self.recall(place)?;
            }
            b'g' => {
                let place = self.line()?.parse().map_err(|_| Damaged)?;
                self.recall(place)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.stack.push(Value::Global(format!("{module}.{name}").into()));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Value::Text(module), Value::Text(name)) = (module, name) else { return Err(Damaged) };
                self.stack.push(Value::Global(format!("{module}.{name}").into()));
            }
            b'R' | 0x81 => {
                let (arguments, called) = (self.pop()?, self.pop()?);
                let made = self.call(&called, &arguments);
                self.stack.push(made);
            }
            // What is built with a state stays what it was; attributes are of no use here.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.stack.push(storage(&id).map_or(Value::Other, |it| Value::Storage(Rc::new(it))));
            }
            code => return Err(PickleError::Opcode(code)),
        }
        Ok(true)
    }

    /// What becomes of a call that is known; nothing is called.
    fn call(&mut self, called: &Value, arguments: &Value) -> Value {
        let (Value::Global(name), Value::Tuple(arguments)) = (called, arguments) else { return Value::Other };
        match &**name {
            "collections.OrderedDict" => {
                self.dicts.push(Vec::new());
                Value::Dict(self.dicts.len() - 1)
            }
            "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor" => {
                placed(arguments).map_or(Value::Other, |it| Value::Tensor(Rc::new(it)))
            }
            "torch._utils._rebuild_parameter" => arguments.first().cloned().unwrap_or(Value::Other),
            _ => Value::Other,
        }
    }

    fn append(&mut self, all: Vec<Value>) {
        if let Some(Value::List(at)) = self.stack.last() {
            self.lists[*at].extend(all);
        }
    }

    fn set(&mut self, all: Vec<Value>) {
        if let Some(Value::Dict(at)) = self.stack.last() {
            self.dicts[*at].extend(paired(all));
        }
    }

    fn remember(&mut self, place: u64) -> Result<(), PickleError> {
        self.memo.insert(place, self.stack.last().ok_or(Damaged)?.clone());
        Ok(())
    }

    fn recall(&mut self, place: u64) -> Result<(), PickleError> {
        self.stack.push(self.memo.get(&place).ok_or(Damaged)?.clone());
        Ok(())
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, PickleError> {
        let from = self.marks.pop().filter(|&from| from <= self.stack.len()).ok_or(Damaged)?;
        Ok(self.stack.split_off(from))
    }

    fn pop(&mut self) -> Result<Value, PickleError> {
        self.stack.pop().ok_or(Damaged)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<&[u8], PickleError> {
        let end = self.at.checked_add(count).ok_or(CutOff)?;
        let bytes = self.bytes.get(self.at..end).ok_or(CutOff)?;
        self.at = end;
        Ok(bytes)
    }

    fn number(&mut self, bytes: usize) -> Result<u64, PickleError> {
        let read = self.take(bytes)?.iter().enumerate();
        Ok(read.map(|(place, byte)| u64::from(*byte) << (8 * place)).sum())
    }

    fn text(&mut self, size: usize) -> Result<(), PickleError> {
        let length = usize::try_from(self.number(size)?).map_err(|_| CutOff)?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.stack.push(Value::Text(text.into()));
        Ok(())
    }

    fn skipped(&mut self, size: usize) -> Result<(), PickleError> {
        let length = usize::try_from(self.number(size)?).map_err(|_| CutOff)?;
        self.take(length)?;
        self.stack.push(Value::Other);
        Ok(())
    }

    fn line(&mut self) -> Result<String, PickleError> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or(CutOff)?;
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        self.at += end + 1;
        Ok(line)
    }
}

fn paired(all: Vec<Value>) -> Vec<(Value, Value)> {
    let mut all = all.into_iter();
    std::iter::from_fn(|| Some((all.next()?, all.next()?))).collect()
}

/// `('storage', torch.FloatStorage, key, place, count)`.
fn storage(id: &Value) -> Option<Storage> {
    let Value::Tuple(id) = id else { return None };
    let [Value::Text(kind), Value::Global(class), Value::Text(key), ..] = id.as_slice() else { return None };
    let class = class.rsplit('.').next()?.to_owned();
    (&**kind == "storage").then(|| Storage { class, key: key.to_string() })
}

/// `(storage, offset, size, stride, ...)`.
fn placed(arguments: &[Value]) -> Option<Placed> {
    let [Value::Storage(storage), Value::Int(offset), Value::Tuple(size), Value::Tuple(stride), ..] =
        arguments
    else {
        return None;
    };
    let extents = |all: &[Value]| -> Option<Vec<usize>> {
        let one = |it: &Value| if let Value::Int(number) = it { usize::try_from(*number).ok() } else { None };
        all.iter().map(one).collect()
    };
    let (size, stride) = (extents(size)?, extents(stride)?);
    let offset = usize::try_from(*offset).ok()?;
    (size.len() == stride.len()).then(|| Placed { storage: Rc::clone(storage), offset, size, stride })
}
