UPDATE progress SET projection = 'vectors' WHERE projection = 'vectors.' || $1::integer
