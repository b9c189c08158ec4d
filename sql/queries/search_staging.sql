-- Creates the table for the batch's versions of documents before they are stored. superseded_sequence is null for the
-- last version of a document.
CREATE TEMPORARY TABLE IF NOT EXISTS search_staging (
    tenant              text,
    stream_id           text,
    kind                text,
    ref                 text,
    user_id             text,
    agent_id            text,
    run_id              text,
    conversation_id     text,
    "position"          bigint,
    speaker             text,
    role                text,
    created_at          timestamptz,
    source_sequence     bigint,
    valid_from          timestamptz,
    text                text,
    lexemes             tsvector,
    length              integer,
    superseded_sequence bigint,
    valid_to            timestamptz
) ON COMMIT DELETE ROWS
