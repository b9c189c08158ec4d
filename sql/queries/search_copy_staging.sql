COPY search_staging FROM STDIN (FORMAT binary)
