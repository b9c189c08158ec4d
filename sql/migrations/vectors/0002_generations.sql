-- Which sets of vectors there are. What a store keeps of one lies in tables of its own, named by its number, and
-- outside of Postgres in a place named by its token.

CREATE TABLE generations (
    generation     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state          text        NOT NULL CHECK (state IN ('filling', 'active', 'retired')),
    store          text        NOT NULL,
    model          text        NOT NULL,
    metric         text        NOT NULL CHECK (metric IN ('cosine', 'euclidean', 'dot')), -- of documents
    dimensions     integer     CHECK (dimensions > 0),                                    -- null: the first document tells
    query_prefix   text        NOT NULL DEFAULT '',                                       -- before a question's text
    passage_prefix text        NOT NULL DEFAULT '',                                       -- before a document's
    topic          text        NOT NULL,                                                  -- that it is filled from
    token          text        NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text, '-', ''),
    is_loaded      boolean     NOT NULL DEFAULT false,                                    -- the bulk is in
    created_at     timestamptz NOT NULL DEFAULT now(),
    activated_at   timestamptz,
    retired_at     timestamptz
);

CREATE UNIQUE INDEX generations_active ON generations ((true)) WHERE state = 'active';

-- Raw vectors lie in collections, each with the dimensions and the metric that its first vector brought.
CREATE TABLE vector_collections (
    generation integer NOT NULL REFERENCES generations ON DELETE CASCADE,
    tenant     text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    dimensions integer NOT NULL CHECK (dimensions > 0),
    metric     text    NOT NULL CHECK (metric IN ('cosine', 'euclidean', 'dot')),
    PRIMARY KEY (generation, tenant, collection)
);

-- Where a store is outside of Postgres: what it holds of each document, so that older never overwrites newer.
CREATE TABLE stored_documents (
    generation      integer NOT NULL,
    tenant          text COLLATE "C" NOT NULL,
    stream_id       text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    ref             text COLLATE "C" NOT NULL,
    collection      text COLLATE "C" NOT NULL, -- of raw vectors; '' for documents
    source_sequence bigint  NOT NULL, -- offset × 4096 + partition of the event that last changed it
    is_deleted      boolean NOT NULL,
    PRIMARY KEY (generation, tenant, stream_id, kind, ref)
);
