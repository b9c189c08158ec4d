DROP TABLE IF EXISTS embeddings_{g}, raw_vectors_{g}, removed_vectors_{g}
