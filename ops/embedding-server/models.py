"""The models: texts in, unit vectors out, in single precision on the CPU. models.json lists them; a model is loaded
when it is first used, after its files' checksums were verified."""

import hashlib
import json
import pathlib
import threading

import numpy
import onnxruntime
import tokenizers

TABLE = json.loads((pathlib.Path(__file__).parent / "models.json").read_text(encoding="utf-8"))


class Damaged(Exception):
    """A file of a model is missing or is not the one that was released."""


def checked_file(folder, entry):
    """The path of a file, after verifying its checksum."""
    path = folder / entry["file"]
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Damaged(f"cannot read {path}: {error.strerror}; run ops/embedding-server/fetch") from error
    if found != entry["sha256"]:
        raise Damaged(f"{path} is damaged: its SHA-256 is {found[:12]}…, not {entry['sha256'][:12]}…; delete it and "
                      "run ops/embedding-server/fetch")
    return str(path)


class Model:
    """One loaded model. `embed` is for one thread at a time."""

    def __init__(self, name, folder, threads):
        self.entry = TABLE[name]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin between requests would take processor time from other programs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(checked_file(folder, self.entry["onnx"]), options,
                                                    providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(checked_file(folder, self.entry["tokenizer"]))
        # A tokenizer file has its own settings, such as padding everything to 128.
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.entry["max_tokens"])

    def tokens(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]

    def embed(self, tokens):
        """Runs the model once over these texts, and returns their vectors in the same order."""
        longest = max(map(len, tokens))
        ids = numpy.zeros((len(tokens), longest), dtype=numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, text in enumerate(tokens):
            ids[row, :len(text)] = text
            mask[row, :len(text)] = 1
        states, = self.session.run(None, {"input_ids": ids, "attention_mask": mask,
                                          "token_type_ids": numpy.zeros_like(ids)})
        if self.entry["pooling"] == "cls":
            pooled = states[:, 0]
        else:
            weights = mask[:, :, None].astype(numpy.float32)
            pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return (pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)).astype("<f4")


class Models:
    """The models used so far. Thread-safe."""

    def __init__(self, folder, threads):
        self.folder, self.threads = pathlib.Path(folder), threads
        self.loaded = {}
        self.lock = threading.Lock()

    def get(self, name):
        with self.lock:
            if name not in self.loaded:
                self.loaded[name] = Model(name, self.folder, self.threads)
            return self.loaded[name]
