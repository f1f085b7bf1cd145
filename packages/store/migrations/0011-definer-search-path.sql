-- A function that runs as the owner looks for a caller's temporary tables last, and callers make none: a table of the
-- caller's that stood in for one of ours would run the caller's triggers with the owner's rights.
DO $$
DECLARE definer regprocedure;
BEGIN
  FOR definer IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', definer);
  END LOOP;
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
