-- Which version of the analysis made the texts into words: what is looked for must be made so too. What is there without one,
-- or comes from a program that knows of none, was made by the first.

ALTER TABLE search_settings
    ADD COLUMN analysis integer NOT NULL DEFAULT 1 -- the version, when the projection began
;
