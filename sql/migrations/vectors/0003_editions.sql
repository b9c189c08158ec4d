-- Records of one model may be made more than once.

ALTER TABLE generations
    ADD COLUMN edition integer NOT NULL DEFAULT 1 -- of the model's records, that the topic has
;
