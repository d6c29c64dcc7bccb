-- Functions with the names %(functions)s that run with their owner's rights (SECURITY DEFINER) and
-- give data back, one row each: name, and why it is open ("" when it is closed to %(role)s).
-- %(closed)s are the relations of %(schemas)s whose rows the role cannot read by itself.
-- To be read with an empty search_path.
WITH RECURSIVE source AS (
  SELECT f.oid, format('%%s.%%s(%%s)', n.nspname, f.proname,
                       pg_get_function_identity_arguments(f.oid)) AS qualified,
         -- How a call of it reads: with its schema, or without any.
         format('(^|[^\w.$"])("?%%s"?\s*\.\s*)?"?%%s"?\s*\(',
                regexp_replace(n.nspname, '(\W)', '\\\1', 'g'),
                regexp_replace(f.proname, '(\W)', '\\\1', 'g')) AS called,
         l.lanname IN ('sql', 'plpgsql') AS known, body
  FROM pg_proc f
  JOIN pg_namespace n ON n.oid = f.pronamespace
  JOIN pg_language l ON l.oid = f.prolang
  CROSS JOIN LATERAL (SELECT coalesce(pg_get_function_sqlbody(f.oid), f.prosrc)) AS b(body)
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND f.prokind = 'f'
    AND l.lanname NOT IN ('c', 'internal')
),
code AS (
  SELECT oid, qualified, called, known AND says ~* '\mEXECUTE\M' AS puts_together,
         CASE WHEN NOT known THEN body
           -- What it runs may stand in its strings.
           WHEN says ~* '\mEXECUTE\M' THEN regexp_replace(body, %(asides)s, '\2', 'g')
           ELSE says END AS text
  FROM source CROSS JOIN LATERAL (SELECT regexp_replace(body, %(asides)s, ' ', 'g')) AS s(says)
),
wanted AS (
  SELECT f.oid, c.qualified
  FROM pg_proc f JOIN code c USING (oid) JOIN pg_type t ON t.oid = f.prorettype
  WHERE c.qualified = ANY (%(functions)s) AND f.prosecdef
    AND (f.proretset OR t.typtype = 'c' OR t.oid = 'record'::regtype
         -- One number, moment, truth or key says little of a row.
         OR (t.typcategory NOT IN ('B', 'D', 'E', 'N', 'P', 'T') AND t.oid <> 'uuid'::regtype))
),
reached (root, oid, text, puts_together) AS (
  SELECT w.oid, w.oid, c.text, c.puts_together FROM wanted w JOIN code c USING (oid)
  UNION
  SELECT r.root, c.oid, c.text, c.puts_together
  FROM reached r JOIN code c ON c.oid <> r.oid AND r.text ~* c.called
),
protected AS (
  SELECT format('%%s.%%s', n.nspname, c.relname) AS qualified,
         format('(\m(FROM|JOIN|ONLY|TABLE|USING)\M|,)[\s(]*"?%%s"?\s*\.\s*"?%%s"?(?![\w$])',
                schema_name, relation_name) AS read_by_full_name,
         CASE WHEN n.nspname = ANY (%(schemas)s)
           THEN format('\m(FROM|JOIN|ONLY|TABLE|USING)\M[\s(]*"?%%s"?(?![\w$.(])', relation_name)
         END AS read_by_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT regexp_replace(n.nspname, '(\W)', '\\\1', 'g'),
                             regexp_replace(c.relname, '(\W)', '\\\1', 'g'))
    AS escaped (schema_name, relation_name)
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND CASE WHEN n.nspname = ANY (%(schemas)s)
          THEN format('%%s.%%s', n.nspname, c.relname) = ANY (%(closed)s)
          ELSE c.relrowsecurity OR NOT has_schema_privilege(%(role)s, n.oid, 'USAGE')
               OR NOT has_any_column_privilege(%(role)s, c.oid, 'SELECT') END
)
SELECT w.qualified,
  CASE
    WHEN NOT (has_function_privilege(%(role)s, w.oid, 'EXECUTE')
              AND has_schema_privilege(%(role)s, f.pronamespace, 'USAGE')) THEN ''
    WHEN EXISTS (SELECT FROM reached r WHERE r.root = w.oid AND r.text ~* %(asks_who)s) THEN ''
    ELSE coalesce(
      (SELECT format('it reads %%s with its owner''s rights (SECURITY DEFINER)',
                     string_agg(DISTINCT p.qualified, ', '))
       FROM reached r JOIN protected p
         ON r.text ~* p.read_by_full_name OR r.text ~* p.read_by_name
       WHERE r.root = w.oid HAVING count(*) > 0),
      (SELECT 'it puts statements together (EXECUTE) and runs them with its owner''s rights'
       FROM reached r WHERE r.root = w.oid AND r.puts_together LIMIT 1),
      '')
  END
FROM wanted w JOIN pg_proc f USING (oid)
ORDER BY 1
