import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { AuthProvider } from "./auth";
import { ContactProfile, ContactsList } from "./contacts/ContactsRoutes";
import { PageViews } from "./monitoring/PageViews";
import { Home } from "./pages/Home";
import { NotFound } from "./pages/NotFound";
import { AutomaticSync } from "./pulse/AutomaticSync";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Layout } from "./ui/Layout";
import { PageLoading, SignedIn } from "./ui/SignedIn";

const SignIn = lazy(() => import("./pages/SignIn").then((m) => ({ default: m.SignIn })));
const Settings = lazy(() => import("./pages/Settings").then((m) => ({ default: m.Settings })));
const Privacy = lazy(() => import("./pages/Privacy").then((m) => ({ default: m.Privacy })));
const Terms = lazy(() => import("./pages/Terms").then((m) => ({ default: m.Terms })));

/** The pages and their addresses; `app-routes.mjs` lists the same for the server. */
export function AppRoutes() {
  return (
    <ErrorBoundary>
      <Suspense fallback={<PageLoading />}>
        <Routes>
          <Route element={<Layout />}>
            <Route index element={<Home />} />
            <Route path="/signin" element={<SignIn />} />
            <Route path="/contacts" element={<SignedIn><ContactsList /></SignedIn>} />
            <Route path="/contacts/:id" element={<SignedIn><ContactProfile /></SignedIn>} />
            <Route path="/settings" element={<SignedIn><Settings /></SignedIn>} />
            <Route path="/privacy" element={<Privacy />} />
            <Route path="/terms" element={<Terms />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}

export function App() {
  return (
    <BrowserRouter>
      <AuthProvider>
        <PageViews />
        <AutomaticSync />
        <AppRoutes />
      </AuthProvider>
    </BrowserRouter>
  );
}
